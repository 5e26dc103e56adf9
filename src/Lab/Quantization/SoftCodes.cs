using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// The soft codes p(c | z) = softmax(-|z - c|^2 / temperature), a chunk of vectors at a time, for losses that know their own gradients: the N x K
/// numbers are never held at once.
/// </summary>
internal sealed class SoftCodes
{
    private const double Negligible = -60; // logarithm of a share that is not told from 0; far below come denormal numbers, which processors are slow with
    private const long ChunkSize = 1 << 18; // soft codes that are looked at together: as many as a core's cache holds

    private readonly Tensor vectors, offsets, towardsVectors; // [K, D], [K], [K, D]
    private readonly List<Tensor> towardsZ = [];
    private readonly double scale;

    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    /// <param name="temperature">Above 0.</param>
    public SoftCodes(Tensor z, Tensor vectors, double temperature)
    {
        this.vectors = vectors.detach();
        (Count, scale) = (z.shape[0], 2 / temperature);
        offsets = -this.vectors.square().sum(1) / temperature; // logits: -|z - c|^2 / temperature, but for |z|^2, which all codes share
        towardsVectors = zeros_like(this.vectors);
        Chunks = z.detach().split(ChunkLength);
    }

    /// <summary>N.</summary>
    public long Count { get; }

    /// <summary>Vectors in a chunk but the last.</summary>
    public long ChunkLength => Math.Max(1, ChunkSize / vectors.shape[0]);

    /// <summary>Each [n, D].</summary>
    public IReadOnlyList<Tensor> Chunks { get; }

    /// <param name="chunk">[n, D].</param>
    /// <returns>[n, K], 0 for the nearest code.</returns>
    public Tensor Logits(Tensor chunk)
    {
        var logits = addmm(offsets, chunk * scale, vectors.t(), beta: 1, alpha: 1);
        return logits.sub_(logits.amax([1L], keepdim: true)).clamp_min_(Negligible);
    }

    /// <summary>Takes in the loss's gradient to a chunk's logits. Chunk by chunk, in their order.</summary>
    /// <param name="chunk">[n, D].</param>
    /// <param name="gradient">[n, K], rows sum to 0; overwritten.</param>
    public void Take(Tensor chunk, Tensor gradient)
    {
        gradient = gradient.mul_(scale); // to the products z.c
        towardsZ.Add(gradient.matmul(vectors).MoveToOuterDisposeScope());
        towardsVectors.add_(gradient.t().matmul(chunk) - gradient.sum([0L]).unsqueeze(1) * vectors);
    }

    /// <summary>A scalar of this value whose gradients are those that were taken in.</summary>
    /// <param name="value">Scalar.</param>
    /// <param name="z">[N, D].</param>
    /// <param name="vectors">[K, D].</param>
    public Tensor Loss(Tensor value, Tensor z, Tensor vectors)
    {
        var linear = (cat(towardsZ) * z).sum() + (towardsVectors * vectors).sum();
        return value + linear - linear.detach();
    }
}
