using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>
/// Training batches addressed by step. Batch <c>i</c> depends on the source's seed and on <c>i</c> alone, never on
/// how many batches were drawn before, so a resumed run sees what an unbroken run would have seen.
/// </summary>
/// <typeparam name="TBatch">A record of tensors that disposes them.</typeparam>
public interface IBatchSource<out TBatch> where TBatch : IDisposable
{
    /// <summary>Samples in a batch.</summary>
    int BatchSize { get; }

    /// <summary>Steps in one pass over the data; the last incomplete batch of a pass is dropped.</summary>
    long BatchesPerEpoch { get; }

    /// <summary>Batches <paramref name="step"/>, <paramref name="step"/> + 1, ... without end. The caller disposes each.</summary>
    IEnumerable<TBatch> From(long step);
}

/// <summary>Pictures with their classes.</summary>
/// <param name="Images">[B, C, H, W], float.</param>
/// <param name="Labels">[B] int64 classes, or [B, K] float class weights after mixup or cutmix.</param>
public sealed record ImageBatch(Tensor Images, Tensor Labels) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
