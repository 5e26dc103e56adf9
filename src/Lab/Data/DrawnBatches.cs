using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>Batches of samples drawn with replacement.</summary>
/// <param name="count">Samples there are.</param>
/// <param name="batchSize">Samples in a batch.</param>
/// <param name="seed">Of the draws.</param>
/// <param name="device">Where the samples are.</param>
/// <param name="take">From numbers of samples [B] int64 to their batch.</param>
/// <exception cref="ArgumentException">No sample, or batches of none.</exception>
internal sealed class DrawnBatches<TBatch>(int count, int batchSize, long seed, Device device, Func<Tensor, TBatch> take) : IBatchSource<TBatch> where TBatch : IDisposable
{
    /// <inheritdoc/>
    public int BatchSize { get; } = count > 0 && batchSize > 0 ? batchSize : throw new ArgumentException($"Batches of at least 1 are drawn from at least 1 sample, got {batchSize} and {count}.", nameof(batchSize));

    /// <inheritdoc/>
    public long BatchesPerEpoch => Math.Max(1, count / BatchSize);

    /// <inheritdoc/>
    public IEnumerable<TBatch> From(long step)
    {
        for (; ; step++)
        {
            var random = new CounterRandom(Seed.Derive(seed, "grids"), step);
            var chosen = new long[BatchSize];
            for (var i = 0; i < BatchSize; i++) chosen[i] = random.Below(count);
            using var index = tensor(chosen, device: device);
            yield return take(index);
        }
    }
}
