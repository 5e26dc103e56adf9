using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Some tokens stay, the others are dropped: rows of the identity.</summary>
public sealed class Selection : Reduction
{
    private readonly Tensor kept, keys; // [B, M] int64, ascending; [B, N, d]

    /// <param name="kept">[B, M] int64, ascending.</param>
    /// <param name="masses">[B, N], of all tokens.</param>
    /// <param name="keys">[B, N, d]: by them a dropped token finds the kept one that stands in for it when tokens are restored.</param>
    public Selection(Tensor kept, Tensor masses, Tensor keys)
    {
        (this.kept, this.keys) = (kept, keys);
        Masses = masses.gather(1, kept);
    }

    /// <summary>[B, M] int64, ascending.</summary>
    public Tensor Kept => kept;

    /// <inheritdoc/>
    public override Tensor Masses { get; }

    /// <summary>The tokens with the highest scores, in the order of the picture.</summary>
    /// <param name="view">All tokens.</param>
    /// <param name="scores">[B, N].</param>
    /// <param name="keep">So many.</param>
    public static Selection Top(TokenView view, Tensor scores, int keep) => new(TopIndices(scores, keep), view.Masses, view.Keys());

    /// <inheritdoc/>
    internal override IEnumerable<Tensor> Owned => [kept, keys, Masses];

    /// <inheritdoc/>
    public override Tensor Apply(Tensor tokens) => tokens.gather(1, kept.unsqueeze(-1).expand(-1, -1, tokens.shape[2]));

    /// <summary>A dropped token becomes a copy of the kept one with the most similar key.</summary>
    /// <param name="reduced">[B, M, D].</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor Restore(Tensor reduced)
    {
        using var scope = NewDisposeScope();
        var target = Similarity.Cosine(Apply(keys), keys).argmax(1).scatter(1, kept, arange(kept.shape[1], device: kept.device).expand_as(kept)); // [B, N]
        return reduced.gather(1, target.unsqueeze(-1).expand(-1, -1, reduced.shape[2])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Weights()
    {
        using var scope = NewDisposeScope();
        return nn.functional.one_hot(kept, keys.shape[1]).to(Masses.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Assignment() => Weights();

    internal static Tensor TopIndices(Tensor scores, int keep)
    {
        Check(scores.shape[1], keep);
        using var scope = NewDisposeScope();
        return scores.topk(keep, 1, sorted: false).indexes.sort(1).Values.MoveToOuterDisposeScope();
    }
}
