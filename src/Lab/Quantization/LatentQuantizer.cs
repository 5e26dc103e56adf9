using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Every channel on its own goes to the nearest of a few values that are learned, each channel its own. With few values per channel and strong weight decay
/// the channels are driven to mean one thing each.
/// </summary>
/// <remarks>Source: Hsu et al. 2023, section 3 (arXiv 2305.18378).</remarks>
public sealed class LatentQuantizer : Quantizer
{
    private readonly Parameter values; // [D, L]
    private readonly double commitment, quantization;

    /// <param name="dim">D.</param>
    /// <param name="levels">L: values of a channel, at first at equal distances from -1/2 to 1/2.</param>
    /// <param name="commitment">Of the term that holds the vectors near their values.</param>
    /// <param name="quantization">Of the term that draws values to their vectors.</param>
    /// <exception cref="ArgumentException">Fewer than 2 levels, or a negative weight.</exception>
    public LatentQuantizer(int dim, int levels, double commitment = 0.1, double quantization = 0.1) : base(dim, nameof(LatentQuantizer))
    {
        if (levels < 2) throw new ArgumentException($"Every channel needs at least 2 levels, got {levels}.", nameof(levels));
        if (commitment is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The commitment weight must not be negative, got {commitment}.", nameof(commitment));
        if (quantization is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the values' term must not be negative, got {quantization}.", nameof(quantization));
        (this.commitment, this.quantization) = (commitment, quantization);
        using var scope = NewDisposeScope();
        values = new Parameter(linspace(-0.5, 0.5, levels).repeat(dim, 1).DetachFromDisposeScope());
        register_parameter("values", values);
        BookSizes = [.. Enumerable.Repeat((long)levels, dim)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>[D, L].</summary>
    public Tensor Values => values;

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = (rows.detach().unsqueeze(-1) - values.detach()).abs_().argmin(-1); // [N, D, L] -> [N, D]
        var q = LookupRows(codes);
        if (!training) return new(q, codes, zeros([], rows.dtype, rows.device));
        var loss = commitment * (rows - q.detach()).square().mean() + quantization * (rows.detach() - q).square().mean();
        return new(GradientEstimator.StraightThrough.Apply(rows, q), codes, loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => values.t().gather(0, codes); // [L, D] at [N, D]

    /// <summary>The values are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
