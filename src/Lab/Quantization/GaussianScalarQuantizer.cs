using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Post-training quantization of continuous latents: every channel on its own, without any training, to the means of cells
/// that a standard normal variable falls into equally often. All channels share one table.
/// </summary>
/// <remarks>
/// Source: Wang et al. 2025, section 3.2 (arXiv 2503.16430). The table is made for [-3, 3] and stretched to the range, so
/// latents of unit variance meet a wider density than their own, which is close to the one of least squared error.
/// </remarks>
/// <param name="dim">Width of a vector.</param>
/// <param name="levels">Values per channel.</param>
/// <param name="range">Latents beyond it get the last code.</param>
/// <exception cref="ArgumentException">Fewer than 1 level, so many that the outer cells are empty, or a range that is not above 0.</exception>
public sealed class GaussianScalarQuantizer(int dim, int levels, double range = 5) : ScalarTableQuantizer(dim, Stretched(levels, range), nameof(GaussianScalarQuantizer))
{
    private const double TableRange = 3;

    /// <summary>Means of a standard normal variable between its quantiles 0, 1/B, ..., 1, these clamped to [-3, 3].</summary>
    /// <param name="levels">B.</param>
    /// <returns>[B] float64.</returns>
    /// <exception cref="ArgumentException">So many levels that the outer cells are empty.</exception>
    internal static Tensor Table(int levels)
    {
        using var scope = NewDisposeScope();
        var quantiles = arange(0, levels + 1, ScalarType.Float64) / levels;
        var bounds = (Math.Sqrt(2) * (2 * quantiles - 1).erfinv()).clamp(-TableRange, TableRange); // [B + 1]
        var density = (-bounds.square() / 2).exp() / Math.Sqrt(2 * Math.PI);
        var below = ((bounds / Math.Sqrt(2)).erf() + 1) / 2;
        var (low, high) = (arange(0, levels), arange(1, levels + 1));
        var share = below[high] - below[low];
        if (share.min().item<double>() <= 0) throw new ArgumentException($"Of {levels} levels the outer ones lie beyond {TableRange} deviations.", nameof(levels));
        return ((density[low] - density[high]) / share).MoveToOuterDisposeScope();
    }

    private static Tensor Stretched(int levels, double range)
    {
        Check(levels, range);
        using var table = Table(levels);
        return table * (range / TableRange);
    }
}
