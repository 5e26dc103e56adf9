using Lab.Data;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>A colour for every code: near codes are no nearer in colour.</summary>
internal static class CodeColours
{
    /// <param name="codes">[N, M] int64.</param>
    /// <returns>[N, 3] in [0, 1].</returns>
    public static Tensor Of(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (count, books, values) = ((int)codes.shape[0], (int)codes.shape[1], codes.contiguous().data<long>().ToArray());
        var colours = new float[3 * count];
        for (var i = 0; i < count; i++)
        {
            var code = 17L;
            for (var book = 0; book < books; book++) code = Seed.Derive(code, values[i * books + book]);
            var random = new CounterRandom(code, 0);
            for (var channel = 0; channel < 3; channel++) colours[3 * i + channel] = random.Uniform(0.3f, 1);
        }
        return tensor(colours, [count, 3]).MoveToOuterDisposeScope();
    }

    /// <summary>A grid of codes as a picture.</summary>
    /// <param name="codes">[h, w, M] int64.</param>
    /// <param name="side">Of the picture in pixels, a multiple of h and w.</param>
    /// <returns>[3, side, side] in [0, 1].</returns>
    public static Tensor Map(Tensor codes, long side)
    {
        using var scope = NewDisposeScope();
        var (h, w) = (codes.shape[0], codes.shape[1]);
        var colours = Of(codes.reshape(h * w, -1)).t().reshape(3, h, w);
        return colours.repeat_interleave(side / h, 1).repeat_interleave(side / w, 2).MoveToOuterDisposeScope();
    }
}
