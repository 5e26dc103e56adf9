using Lab.Data;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>Grids of latents with their classes.</summary>
/// <param name="Latents">[B, N, C].</param>
/// <param name="Labels">[B] int64.</param>
public sealed record LatentBatch(Tensor Latents, Tensor Labels) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Latents.Dispose();
        Labels.Dispose();
    }
}

/// <summary>The latents of a set of pictures, for priors to learn from. Owns its tensors.</summary>
/// <param name="Latents">[n, N, C], scaled to unit deviation.</param>
/// <param name="Labels">[n] int64: what generation is conditioned on.</param>
public sealed record LatentGrids(Tensor Latents, Tensor Labels) : IDisposable
{
    /// <summary>Encodes the first few pictures once, as they are stored.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="scale">Of its latents.</param>
    /// <param name="images">Pictures.</param>
    /// <param name="data">Knows what their classes mean.</param>
    /// <param name="count">How many, at most all.</param>
    public static LatentGrids Of(ImageTokenizer tokenizer, double scale, LabeledImages images, TokenizerData data, int count)
    {
        using var scope = NewDisposeScope();
        var latents = LatentStats.Latents(tokenizer, images, count); // [n, C, h, w]
        var labels = data.Conditions(images.Labels[..(int)latents.shape[0]]).to(latents.device);
        return new((latents * scale).flatten(2).transpose(1, 2).contiguous().MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope());
    }

    /// <summary>Batches drawn with replacement.</summary>
    /// <param name="batchSize">Grids in a batch.</param>
    /// <param name="seed">Of the draws.</param>
    public IBatchSource<LatentBatch> Draw(int batchSize, long seed) => new DrawnBatches<LatentBatch>(
        (int)Labels.shape[0], batchSize, seed, Labels.device,
        index => new(Latents.index_select(0, index).DetachFromDisposeScope(), Labels.index_select(0, index).DetachFromDisposeScope()));

    /// <summary>All grids once, in order.</summary>
    /// <param name="batchSize">Grids in a batch; the last may be smaller.</param>
    /// <returns>The caller's to dispose.</returns>
    public IEnumerable<LatentBatch> InOrder(int batchSize)
    {
        for (long start = 0; start < Labels.shape[0]; start += batchSize)
        {
            var length = Math.Min(batchSize, Labels.shape[0] - start);
            yield return new(Latents.narrow(0, start, length), Labels.narrow(0, start, length));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Latents.Dispose();
        Labels.Dispose();
    }
}
