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
public sealed class GaussianScalarQuantizer : Quantizer
{
    private const double TableRange = 3;

    private readonly Tensor middles; // [B - 1]: where one value's cell ends and the next one's begins

    /// <param name="dim">Width of a vector.</param>
    /// <param name="levels">Values per channel.</param>
    /// <param name="range">Latents beyond it get the last code.</param>
    /// <exception cref="ArgumentException">Fewer than 1 level, so many that the outer cells are empty, or a range that is not above 0.</exception>
    public GaussianScalarQuantizer(int dim, int levels, double range = 5) : base(dim, nameof(GaussianScalarQuantizer))
    {
        if (levels < 1) throw new ArgumentException($"A channel needs at least 1 level, got {levels}.", nameof(levels));
        if (!(range > 0 && double.IsFinite(range))) throw new ArgumentException($"The range must be above 0, got {range}.", nameof(range));
        BookSizes = [.. Enumerable.Repeat((long)levels, dim)];
        using var scope = NewDisposeScope();
        var table = Table(levels) * (range / TableRange);
        Values = table.to(ScalarType.Float32).DetachFromDisposeScope();
        middles = ((table.narrow(0, 0, levels - 1) + table.narrow(0, 1, levels - 1)) / 2).to(ScalarType.Float32).DetachFromDisposeScope();
        register_buffer("values", Values, persistent: false);
        register_buffer("middles", middles, persistent: false);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>What codes stand for. [B], rising, inside the range.</summary>
    public Tensor Values { get; }

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

    /// <inheritdoc/>
    /// <remarks>The nearest value, which near the cells' borders is not always the cell's own. The paper trains nothing through it; who does gets straight-through gradients.</remarks>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = bucketize(rows.detach().contiguous(), middles); // [N, D]
        var values = Values[codes].to(rows.dtype);
        return new(training ? rows + (values - rows).detach() : values, codes, zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => Values[codes];

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
