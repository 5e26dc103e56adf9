using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Keeps the codes of a book decided and diverse. With soft codes p(c | z) = softmax(-|z - c|^2 / temperature) it is the
/// mean entropy of a vector's code less the entropy of the mean code: -ln K where vectors are decided and all codes are
/// equally frequent, 0 where all vectors share a code.
/// </summary>
/// <param name="Weight">Of the term.</param>
/// <param name="Temperature">Of the soft codes.</param>
/// <remarks>Source: Yu et al. 2024, equation 4 (arXiv 2310.05737); for books of vectors: FQGAN, section 3.2 (arXiv 2411.16681).</remarks>
public sealed record CodeEntropyLoss(double Weight, double Temperature = 0.01)
{
    private const double Least = 1e-12; // the logarithm of a code that no vector is near has no gradient

    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    /// <returns>Scalar, not weighted, with gradients to both.</returns>
    public Tensor Of(Tensor z, Tensor vectors)
    {
        using var scope = NewDisposeScope();
        var distances = z.square().sum(1, keepdim: true) + vectors.square().sum(1) - 2 * z.matmul(vectors.t()); // [N, K]
        var logs = (-distances / Temperature).log_softmax(1);
        var soft = logs.exp();
        var mean = soft.mean([0L]);
        var (ofOne, ofMean) = (-(soft * logs).sum(1).mean(), -(mean * mean.clamp_min(Least).log()).sum());
        return (ofOne - ofMean).MoveToOuterDisposeScope();
    }

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the entropy loss must not be negative, got {Weight}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature of soft codes must be positive, got {Temperature}.");
    }
}
