using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Queries and keys of one attention layer: what reductions of tokens go by.</summary>
/// <param name="Queries">[B, h, N, d].</param>
/// <param name="Keys">[B, h, N, d].</param>
/// <param name="KeyBias">[B, 1, 1, N], added to the logits; null: nothing.</param>
public sealed record AttentionHeads(Tensor Queries, Tensor Keys, Tensor? KeyBias)
{
    /// <summary>How much some queries look at every key, mean over heads.</summary>
    /// <param name="first">The first query.</param>
    /// <param name="count">So many of them.</param>
    /// <returns>[B, count, N]; rows sum to 1.</returns>
    public Tensor Attention(long first, long count)
    {
        using var scope = NewDisposeScope();
        var logits = Queries.narrow(2, first, count).matmul(Keys.transpose(-2, -1)) / Math.Sqrt(Queries.shape[^1]); // [B, h, count, N]
        if (KeyBias is not null) logits = logits + KeyBias;
        return logits.softmax(-1).mean([1]).MoveToOuterDisposeScope();
    }

    internal AttentionHeads MoveToOuterDisposeScope() =>
        new(Queries.MoveToOuterDisposeScope(), Keys.MoveToOuterDisposeScope(), KeyBias?.MoveToOuterDisposeScope());
}
