using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Centres that divide vectors into groups of near ones.</summary>
/// <remarks>Sources: Lloyd 1982; seeding of Arthur and Vassilvitskii 2007, section 2.2.</remarks>
public static class KMeans
{
    /// <summary>Lloyd's iterations from centres spread by k-means++. A group that loses all its vectors keeps its centre.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="count">K, at most N.</param>
    /// <param name="iterations">Rounds of assignment and averaging.</param>
    /// <param name="random">Draws the seeds; null: torch's own.</param>
    /// <returns>[K, D].</returns>
    /// <exception cref="ArgumentException">Fewer vectors than centres, or no centre.</exception>
    public static Tensor Fit(Tensor vectors, long count, int iterations = 10, Generator? random = null)
    {
        if (count < 1 || count > vectors.shape[0]) throw new ArgumentException($"{vectors.shape[0]} vectors cannot have {count} centres.", nameof(count));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var centres = Spread(vectors, count, random);
        for (var i = 0; i < iterations; i++) centres = Refine(vectors, centres);
        return centres.MoveToOuterDisposeScope();
    }

    /// <summary>One of Lloyd's iterations.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="centres">[K, D].</param>
    /// <returns>[K, D].</returns>
    internal static Tensor Refine(Tensor vectors, Tensor centres)
    {
        using var scope = NewDisposeScope();
        var (sums, counts) = Sums(vectors, NearestCode.Search(vectors, centres), centres.shape[0]);
        return where(counts.unsqueeze(1) > 0, sums / counts.clamp_min(1).unsqueeze(1), centres).MoveToOuterDisposeScope();
    }

    /// <summary>Sum and number of the vectors of every code.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="codes">[N].</param>
    /// <param name="count">K.</param>
    /// <returns>[K, D] and [K], of the vectors' type.</returns>
    internal static (Tensor Sums, Tensor Counts) Sums(Tensor vectors, Tensor codes, long count) =>
        (zeros([count, vectors.shape[1]], vectors.dtype, vectors.device).index_add_(0, codes, vectors, 1),
            codes.bincount(null, count).to(vectors.dtype));

    // A vector becomes the next centre with a probability that grows with its squared distance to the centres before.
    private static Tensor Spread(Tensor vectors, long count, Generator? random)
    {
        var n = vectors.shape[0];
        var chosen = new List<Tensor> { randint(n, [1], generator: random, device: vectors.device) };
        var distance = SquaredDistance(vectors, vectors.index_select(0, chosen[0]));
        while (chosen.Count < count)
        {
            var mass = distance.sum().item<float>();
            var next = mass > 0 ? multinomial(distance, 1, generator: random) : randint(n, [1], generator: random, device: vectors.device);
            chosen.Add(next);
            distance = minimum(distance, SquaredDistance(vectors, vectors.index_select(0, next)));
        }
        return vectors.index_select(0, cat(chosen));
    }

    private static Tensor SquaredDistance(Tensor vectors, Tensor centre) => (vectors - centre).square().sum(1);
}
