using Lab.Data;
using Lab.Data.ShapesQa;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Recipes;

/// <summary>
/// Drops visual tokens while the decoder is trained. Without it the decoder counts by averaging over a fixed number of tokens,
/// and answers worse once mere background is removed.
/// </summary>
internal static class TokenDrop
{
    private const float ForegroundShare = 0.55f, UniformShare = 0.15f, LeastKept = 0.03f, LeastUniform = 0.25f;

    /// <summary>How the tokens of a picture are dropped.</summary>
    public enum Branch
    {
        /// <summary>All of the foreground stays, the background in part.</summary>
        Background,

        /// <summary>All patches alike may go.</summary>
        Uniform,

        /// <summary>All stay.</summary>
        None,
    }

    /// <returns>[B, n] bool, true for tokens that stay. What is drawn depends on the seed and the number of the sample alone.</returns>
    public static Tensor Keep(QaBatch batch, long seed)
    {
        var patches = (int)batch.PatchObjects.shape[1];
        using var onCpu = batch.PatchObjects.cpu();
        var objects = onCpu.data<long>().ToArray();
        var keep = new bool[objects.Length];
        for (var picture = 0; picture < batch.Count; picture++)
        {
            var random = new CounterRandom(Seed.Derive(seed, "token drop"), batch.First + picture);
            var (branch, share) = Draw(ref random);
            for (var i = picture * patches; i < (picture + 1) * patches; i++)
                keep[i] = branch == Branch.None || (branch == Branch.Background && objects[i] > 0) || random.Uniform() < share;
        }
        return tensor(keep, [batch.Count, patches], device: batch.PatchObjects.device);
    }

    public static (Branch Branch, float Share) Draw(ref CounterRandom random)
    {
        var share = LeastKept + (1 - LeastKept) * random.Uniform();
        var which = random.Uniform();
        return which < ForegroundShare ? (Branch.Background, share)
            : which < ForegroundShare + UniformShare ? (Branch.Uniform, Math.Max(share, LeastUniform))
            : (Branch.None, 1);
    }
}
