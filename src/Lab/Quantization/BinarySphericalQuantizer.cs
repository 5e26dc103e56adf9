using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Binary spherical quantization: lookup-free on the unit sphere, whose 2^D codes are the corners of a cube within it. The
/// error is bounded, |u - q|^2 = 2 - 2 |u|_1 / sqrt(D), so no term has to hold the vectors near their codes.
/// </summary>
/// <remarks>Source: Zhao et al. 2024 (arXiv 2406.07548). Gradients pass through the normalization to z.</remarks>
public sealed class BinarySphericalQuantizer : BinaryQuantizer
{
    private readonly double sharpness;

    /// <param name="dim">D: bits of a code, at most 62.</param>
    /// <param name="entropyWeight">Of the entropy loss.</param>
    /// <param name="diversity">Of the entropy of the mean code within it.</param>
    /// <param name="sharpness">tau of the soft bits, sigmoid(4 tau u / sqrt(D)).</param>
    /// <param name="groupBits">Bits per table of codes, a divisor of D up to 12; null: the largest.</param>
    public BinarySphericalQuantizer(int dim, double entropyWeight = 0.1, double diversity = 1, double sharpness = 1, int? groupBits = null)
        : base(dim, entropyWeight, diversity, groupBits, nameof(BinarySphericalQuantizer)) => this.sharpness = sharpness;

    /// <inheritdoc/>
    protected override double Magnitude => 1 / Math.Sqrt(Dim);

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var u = nn.functional.normalize(rows, dim: -1);
        var q = Signs(u.detach());
        if (!training) return new(q, Codes(rows), zeros([], rows.dtype, rows.device));
        return new(GradientEstimator.StraightThrough.Apply(u, q), Codes(rows), EntropyLoss(4 * sharpness * Magnitude * u));
    }
}
