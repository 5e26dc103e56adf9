using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>How the targets of a reduction are chosen.</summary>
public enum TargetSelection
{
    /// <summary>At even distances in raster order.</summary>
    Uniform,

    /// <summary>Those that matter most, see <see cref="TokenView.Scores"/>.</summary>
    Attention,

    /// <summary>Half of them at even distances, the others those that matter most of the rest.</summary>
    Mixed,
}

/// <summary>How tokens are spread over targets.</summary>
public enum AssignmentMode
{
    /// <summary>Softmax over targets: every token is spread completely.</summary>
    Column,

    /// <summary>Softmax over tokens: every target is a mean; a token far from all targets is lost.</summary>
    Row,

    /// <summary>Every token to its most similar target alone.</summary>
    Hard,
}

/// <summary>
/// Token Transforming: every token feeds several of a few targets, by the similarity of their keys, so that little is lost and no
/// training is needed.
/// </summary>
/// <remarks>Source: arXiv 2506.05709; how its matrix is built is this kit's own definition, since the paper's text beyond its abstract was not at hand.</remarks>
public sealed record SimilarityTransforming : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => Mode == AssignmentMode.Hard ? "hard merging" : FormattableString.Invariant($"transforming, τ = {Temperature}");

    /// <summary>How targets are chosen.</summary>
    public TargetSelection Selection { get; init; } = TargetSelection.Uniform;

    /// <summary>How tokens are spread.</summary>
    public AssignmentMode Mode { get; init; } = AssignmentMode.Column;

    /// <summary>Of the softmax over cosines.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public double Temperature
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"The temperature is above 0; for the limit at 0 there is {nameof(AssignmentMode)}.{nameof(AssignmentMode.Hard)}.");
    } = 0.05;

    /// <summary>Targets that a token feeds at most; null: all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int? TopK
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A token feeds at least 1 target.");
    }

    /// <summary>A token that is a target feeds itself alone.</summary>
    public bool KeepSelf { get; init; } = true;

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        Reduction.Check(view.Count, keep);
        using var scope = NewDisposeScope();
        var keys = view.Keys();
        var targets = Targets(view, keep); // [B, M]
        var similarity = Similarity.Cosine(keys.gather(1, targets.unsqueeze(-1).expand(-1, -1, keys.shape[2])), keys); // [B, M, N]
        return (Mode == AssignmentMode.Row ? ByRows(similarity, view.Masses) : Mixture.ByMass(Spread(similarity, targets), view.Masses)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => tokens * keep * (keyDim + dim) + (Selection == TargetSelection.Uniform ? 0 : tokens * dim);

    /// <summary>The tokens that become targets.</summary>
    /// <returns>[B, M] int64, ascending.</returns>
    internal Tensor Targets(TokenView view, int keep)
    {
        using var scope = NewDisposeScope();
        var (batch, count) = (view.Tokens.shape[0], view.Count);
        if (Selection == TargetSelection.Attention) return Tokens.Selection.TopIndices(view.Scores(), keep).MoveToOuterDisposeScope();
        if (Selection == TargetSelection.Uniform) return Even(keep).expand(batch, -1).MoveToOuterDisposeScope();
        var scores = view.Scores().index_fill(1, Even(keep / 2), double.PositiveInfinity);
        return Tokens.Selection.TopIndices(scores, keep).MoveToOuterDisposeScope();

        Tensor Even(int targets) => tensor(Enumerable.Range(0, targets).Select(i => i * count / targets).ToArray(), device: view.Tokens.device);
    }

    // P: every column is a token spread over the targets.
    private Tensor Spread(Tensor similarity, Tensor targets)
    {
        var spread = Mode == AssignmentMode.Hard
            ? nn.functional.one_hot(similarity.argmax(1), similarity.shape[1]).transpose(1, 2).to(similarity.dtype)
            : Sparse((similarity / Temperature).softmax(1));
        if (!KeepSelf) return spread;
        var self = nn.functional.one_hot(targets, similarity.shape[2]).to(similarity.dtype); // [B, M, N]
        return self + spread * (1 - self.sum([1L], keepdim: true));
    }

    private Tensor Sparse(Tensor spread)
    {
        if (TopK is not { } k || k >= spread.shape[1]) return spread;
        var (values, places) = spread.topk(k, 1);
        return zeros_like(spread).scatter(1, places, values / values.sum([1L], keepdim: true));
    }

    private Mixture ByRows(Tensor similarity, Tensor masses)
    {
        var weights = (similarity / Temperature).softmax(2);
        var share = weights / weights.sum([1L], keepdim: true).clamp_min(1e-12);
        var even = (masses.sum([1L], keepdim: true) / similarity.shape[1]).expand(-1, similarity.shape[1]);
        return new(weights, share, even);
    }
}
