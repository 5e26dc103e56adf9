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
    private const double Least = 1e-12; // where no vector is near a code, its share must still have a logarithm
    private const double Negligible = -60; // logarithm of a share that is not told from 0; far below come denormal numbers, which processors are slow with
    private const long ChunkSize = 1 << 18; // soft codes that are looked at together: as many as a core's cache holds

    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    /// <returns>Scalar, not weighted, with gradients to both. The N x K soft codes are never held at once.</returns>
    public Tensor Of(Tensor z, Tensor vectors)
    {
        using var scope = NewDisposeScope();
        var (loss, towardsZ, towardsVectors) = Gradients(z.detach(), vectors.detach());
        var linear = (towardsZ * z).sum() + (towardsVectors * vectors).sum(); // has these gradients
        return (loss + linear - linear.detach()).MoveToOuterDisposeScope();
    }

    // With shares m = E p(c | z) the loss is -E sum p log(p / m), and its gradient to a logit -p (log(p / m) - sum p log(p / m)) / N.
    private (Tensor Loss, Tensor TowardsZ, Tensor TowardsVectors) Gradients(Tensor z, Tensor vectors)
    {
        using var noGrad = no_grad();
        var (count, scale) = (z.shape[0], 2 / Temperature);
        var offsets = -vectors.square().sum(1) / Temperature; // logits: -|z - c|^2 / temperature, but for |z|^2, which all codes share
        var chunks = z.split(Math.Max(1, ChunkSize / vectors.shape[0]));

        var shares = zeros_like(offsets);
        foreach (var chunk in chunks)
            using (NewDisposeScope()) shares.add_(Logits(chunk).softmax(1).sum([0L]), 1.0 / count);
        var logShares = shares.clamp_min(Least).log();

        var (information, towardsZ, towardsVectors) = (zeros([], z.dtype, z.device), new List<Tensor>(), zeros_like(vectors));
        foreach (var chunk in chunks)
        {
            using var step = NewDisposeScope();
            var logs = Logits(chunk).log_softmax(1);
            var soft = logs.exp();
            var gains = logs.sub_(logShares); // log(p / m)
            var own = (soft * gains).sum(1, keepdim: true);
            information.add_(own.sum());
            var gradient = soft.mul_(gains.sub_(own)).mul_(-scale / count); // to the products z.c
            towardsZ.Add(gradient.matmul(vectors).MoveToOuterDisposeScope());
            towardsVectors.add_(gradient.t().matmul(chunk) - gradient.sum([0L]).unsqueeze(1) * vectors);
        }
        return (-information / count, cat(towardsZ), towardsVectors);

        Tensor Logits(Tensor rows)
        {
            var logits = addmm(offsets, rows * scale, vectors.t(), beta: 1, alpha: 1);
            return logits.sub_(logits.amax([1L], keepdim: true)).clamp_min_(Negligible);
        }
    }

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the entropy loss must not be negative, got {Weight}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature of soft codes must be positive, got {Temperature}.");
    }
}
