using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Keeps the codes of a book decided and diverse. With soft codes p(c | z) = softmax(-|z - c|^2 / temperature) it is the
/// mean entropy of a vector's code less the entropy of the mean code: -ln K where vectors are decided and all codes are
/// equally frequent, 0 where all vectors share a code.
/// </summary>
/// <param name="Weight">Of the term.</param>
/// <param name="Temperature">Of the soft codes.</param>
/// <param name="Decided">Of the mean entropy of a vector's code within it; 0: diversity alone.</param>
/// <remarks>
/// Source: Yu et al. 2024, equation 4 (arXiv 2310.05737); for books of vectors: FQGAN, section 3.2 (arXiv 2411.16681). Diversity alone, with soft codes
/// of temperature 0.01, is the option <c>codebook_diversity_loss_weight</c> of github.com/lucidrains/vector-quantize-pytorch.
/// </remarks>
public sealed record CodeEntropyLoss(double Weight, double Temperature = 0.01, double Decided = 1)
{
    private const double Least = 1e-12; // where no vector is near a code, its share must still have a logarithm

    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    /// <returns>Scalar, not weighted, with gradients to both. The N x K soft codes are never held at once.</returns>
    public Tensor Of(Tensor z, Tensor vectors)
    {
        using var scope = NewDisposeScope();
        var soft = new SoftCodes(z, vectors, Temperature);
        return soft.Loss(TakeGradients(soft, vectors), z, vectors).MoveToOuterDisposeScope();
    }

    // With shares m = E p(c | z) and weight w of the first entropy the loss is -E sum p (w log p - log m), and its gradient to a logit
    // -p (w log p - log m - sum p (w log p - log m)) / N.
    private Tensor TakeGradients(SoftCodes soft, Tensor vectors)
    {
        using var noGrad = no_grad();
        var shares = zeros(vectors.shape[0], vectors.dtype, vectors.device);
        foreach (var chunk in soft.Chunks)
            using (NewDisposeScope()) shares.add_(soft.Logits(chunk).softmax(1).sum([0L]), 1.0 / soft.Count);
        var logShares = shares.clamp_min(Least).log();

        var information = zeros([], vectors.dtype, vectors.device);
        foreach (var chunk in soft.Chunks)
        {
            using var step = NewDisposeScope();
            var logs = soft.Logits(chunk).log_softmax(1);
            var p = logs.exp();
            var gains = logs.mul_(Decided).sub_(logShares);
            var own = (p * gains).sum(1, keepdim: true);
            information.add_(own.sum());
            soft.Take(chunk, p.mul_(gains.sub_(own)).div_(-soft.Count));
        }
        return -information / soft.Count;
    }

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the entropy loss must not be negative, got {Weight}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature of soft codes must be positive, got {Temperature}.");
        if (Decided is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of decided codes within the entropy loss must not be negative, got {Decided}.");
    }
}
