using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Commitment by cross entropy: with soft codes p(c | z) = softmax(-|z - c|^2 / temperature), -log p of the code that a vector has. It does not ask the
/// vector to be near its code, but nearer than to all others, and stops where that is so. The code may also come from elsewhere, e.g. a teacher.
/// </summary>
/// <param name="Weight">Of the term.</param>
/// <param name="Temperature">Of the soft codes.</param>
/// <remarks>Source: github.com/lucidrains/vector-quantize-pytorch, option <c>commitment_use_cross_entropy_loss</c>, at temperature 1.</remarks>
public sealed record CodeCrossEntropyLoss(double Weight, double Temperature = 1)
{
    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    /// <param name="codes">[N] int64: what each vector should be told to be.</param>
    /// <returns>Scalar in nats, not weighted, with gradients to vectors and codes. The N x K soft codes are never held at once.</returns>
    public Tensor Of(Tensor z, Tensor vectors, Tensor codes)
    {
        using var scope = NewDisposeScope();
        var soft = new SoftCodes(z, vectors, Temperature);
        return soft.Loss(TakeGradients(soft, codes.unsqueeze(1)), z, vectors).MoveToOuterDisposeScope();
    }

    // The gradient to a logit is (p - 1 at the code) / N.
    private static Tensor TakeGradients(SoftCodes soft, Tensor codes)
    {
        using var noGrad = no_grad();
        var total = zeros([], soft.Chunks[0].dtype, codes.device);
        foreach (var (chunk, own) in soft.Chunks.Zip(codes.split(soft.ChunkLength)))
        {
            using var step = NewDisposeScope();
            var logs = soft.Logits(chunk).log_softmax(1);
            total.sub_(logs.gather(1, own).sum());
            soft.Take(chunk, logs.exp_().scatter_add_(1, own, full_like(own, -1, logs.dtype)).div_(soft.Count));
        }
        return total / soft.Count;
    }

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the cross entropy must not be negative, got {Weight}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature of soft codes must be positive, got {Temperature}.");
    }
}
