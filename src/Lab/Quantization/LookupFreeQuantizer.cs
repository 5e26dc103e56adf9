using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Lookup-free quantization: the code of a vector is the signs of its channels.</summary>
/// <remarks>Source: Yu et al. 2024 (arXiv 2310.05737).</remarks>
public sealed class LookupFreeQuantizer : BinaryQuantizer
{
    private readonly double sharpness, commitment;

    /// <param name="dim">D: bits of a code, at most 62.</param>
    /// <param name="entropyWeight">Of the entropy loss.</param>
    /// <param name="diversity">Of the entropy of the mean code within it.</param>
    /// <param name="sharpness">tau of the soft codes p(c | z) = softmax(2 tau z.c).</param>
    /// <param name="commitment">Of the squared distance to the code.</param>
    /// <param name="groupBits">Bits per table of codes, a divisor of D up to 12; null: the largest.</param>
    public LookupFreeQuantizer(
        int dim, double entropyWeight = 0.1, double diversity = 1, double sharpness = 1, double commitment = 0.25, int? groupBits = null)
        : base(dim, entropyWeight, diversity, groupBits, nameof(LookupFreeQuantizer)) => (this.sharpness, this.commitment) = (sharpness, commitment);

    /// <summary>Channels are bent to stay within it, c tanh(z / c), so that the distance to the code, which nothing else bounds, stays finite; null: they are not.</summary>
    /// <exception cref="ArgumentException">Not positive.</exception>
    public double? SoftClamp
    {
        get;
        init => field = value is null or (> 0 and < double.PositiveInfinity) ? value : throw new ArgumentException($"{nameof(SoftClamp)} must be positive, got {value}.", nameof(value));
    }

    /// <inheritdoc/>
    protected override double Magnitude => 1;

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var q = Signs(rows.detach());
        if (!training) return new(q, Codes(rows), zeros([], rows.dtype, rows.device));
        if (SoftClamp is { } most) rows = most * (rows / most).tanh();
        var loss = EntropyLoss(4 * sharpness * rows) + commitment * (rows - q).square().mean();
        return new(GradientEstimator.StraightThrough.Apply(rows, q), Codes(rows), loss);
    }
}
