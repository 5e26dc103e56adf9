using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Keeps the tokens that the class token looks at most.</summary>
/// <remarks>Source: the attentive tokens of Liang et al. 2022 (EViT, arXiv 2202.07800), without fusing.</remarks>
public sealed class AttentionPruning : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => "attention pruning";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        using var scores = view.Scores();
        return Selection.Top(view, scores, keep);
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => tokens * dim; // the class token's attention
}

/// <summary>Keeps tokens drawn at random: what every other way has to beat.</summary>
/// <param name="seed">Of the draws; the same seed in the same order of calls gives the same tokens.</param>
public sealed class RandomPruning(long seed) : ITokenReducer
{
    private readonly Generator generator = new((ulong)seed);

    /// <inheritdoc/>
    public string Name => "random pruning";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        using var scores = rand([view.Tokens.shape[0], view.Count], generator: generator).to(view.Tokens.device);
        return Selection.Top(view, scores, keep);
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => 0;
}

/// <summary>Keeps the tokens that the class token looks at most, and fuses all others into one, weighted by that attention.</summary>
/// <remarks>Source: Liang et al. 2022, section 3.2 (EViT, arXiv 2202.07800). Masses play no part there: all are 1.</remarks>
public sealed class AttentionFusing : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => "EViT";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        Reduction.Check(view.Count, keep);
        if (keep == view.Count) return new Selection(arange(keep, device: view.Tokens.device).expand(view.Tokens.shape[0], -1), view.Masses, view.Keys());
        using var scope = NewDisposeScope();
        var scores = view.Scores();
        var masses = ones([scores.shape[0], keep], scores.dtype, scores.device);
        var target = full_like(scores, keep - 1, ScalarType.Int64); // the last one takes what is left over
        var weights = scores.clone();
        if (keep > 1)
        {
            var kept = Selection.TopIndices(scores, keep - 1);
            target.scatter_(1, kept, arange(keep - 1, device: kept.device).expand_as(kept));
            weights.scatter_(1, kept, ones_like(kept).to(scores.dtype));
        }
        return new Grouping(target, weights, masses).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => 2 * tokens * dim;
}
