using Lab.Data;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>Grids of codes with their classes.</summary>
/// <param name="Codes">[B, N, M] int64.</param>
/// <param name="Labels">[B] int64.</param>
public sealed record CodeBatch(Tensor Codes, Tensor Labels) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Codes.Dispose();
        Labels.Dispose();
    }
}

/// <summary>The codes of a set of pictures, for priors to learn from. Owns its tensors.</summary>
/// <param name="Codes">[n, N, M] int64.</param>
/// <param name="Labels">[n] int64: what generation is conditioned on.</param>
public sealed record CodeGrids(Tensor Codes, Tensor Labels) : IDisposable
{
    private const int EncodingBatch = 256;

    /// <summary>Tokenizes pictures once, as they are stored.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="images">Pictures.</param>
    /// <param name="data">Knows what their classes mean.</param>
    /// <param name="device">Of the tokenizer; the CPU when null.</param>
    public static CodeGrids Of(ImageTokenizer tokenizer, LabeledImages images, TokenizerData data, Device? device = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var codes = new List<Tensor>();
        foreach (var batch in images.InOrder(EncodingBatch, Normalization.Signed, device))
        {
            using var step = NewDisposeScope();
            using var _ = batch;
            codes.Add(tokenizer.Bottleneck.call(tokenizer.Encode(batch.Images)).Codes.flatten(1, 2).MoveToOuterDisposeScope()); // [B, h, w, M] -> [B, N, M]
        }
        return new(cat(codes).MoveToOuterDisposeScope(), data.Conditions(images.Labels).to(device ?? CPU).MoveToOuterDisposeScope());
    }

    /// <summary>Batches drawn with replacement.</summary>
    /// <param name="batchSize">Grids in a batch.</param>
    /// <param name="seed">Of the draws.</param>
    public IBatchSource<CodeBatch> Draw(int batchSize, long seed) => new DrawnBatches<CodeBatch>(
        (int)Labels.shape[0], batchSize, seed, Labels.device,
        index => new(Codes.index_select(0, index).DetachFromDisposeScope(), Labels.index_select(0, index).DetachFromDisposeScope()));

    /// <inheritdoc/>
    public void Dispose()
    {
        Codes.Dispose();
        Labels.Dispose();
    }
}
