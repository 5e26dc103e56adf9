using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Every token goes to exactly one group, and a group becomes the weighted mean of its tokens.</summary>
public sealed class Grouping : Reduction
{
    private readonly Tensor target, share; // [B, N] int64; [B, N], sums to 1 in every group

    /// <param name="target">[B, N] int64: the group of every token, 0..M - 1, none of them empty.</param>
    /// <param name="weights">[B, N]: what a token counts in its group's mean.</param>
    /// <param name="masses">[B, M].</param>
    public Grouping(Tensor target, Tensor weights, Tensor masses)
    {
        using var scope = NewDisposeScope();
        (this.target, Masses) = (target, masses);
        share = (weights / Sum(target, weights, masses.shape[1]).gather(1, target)).MoveToOuterDisposeScope();
    }

    /// <summary>Means by mass; masses add up.</summary>
    /// <param name="target">[B, N] int64.</param>
    /// <param name="masses">[B, N].</param>
    /// <param name="groups">M.</param>
    public static Grouping ByMass(Tensor target, Tensor masses, long groups) => new(target, masses, Sum(target, masses, groups));

    /// <summary>[B, N] int64.</summary>
    public Tensor Target => target;

    /// <inheritdoc/>
    public override Tensor Masses { get; }

    /// <inheritdoc/>
    internal override IEnumerable<Tensor> Owned => [target, share, Masses];

    /// <inheritdoc/>
    public override Tensor Apply(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var weighted = tokens * share.unsqueeze(-1);
        return zeros([tokens.shape[0], Masses.shape[1], tokens.shape[2]], tokens.dtype, tokens.device)
            .scatter_add_(1, target.unsqueeze(-1).expand_as(weighted), weighted).MoveToOuterDisposeScope();
    }

    /// <summary>Every token becomes a copy of its group.</summary>
    /// <param name="reduced">[B, M, D].</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor Restore(Tensor reduced) => reduced.gather(1, target.unsqueeze(-1).expand(-1, -1, reduced.shape[2]));

    /// <inheritdoc/>
    public override Tensor Weights()
    {
        using var scope = NewDisposeScope();
        return (Assignment() * share.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Assignment()
    {
        using var scope = NewDisposeScope();
        return nn.functional.one_hot(target, Masses.shape[1]).transpose(1, 2).to(share.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Sums over groups.</summary>
    /// <returns>[B, M].</returns>
    internal static Tensor Sum(Tensor target, Tensor values, long groups) =>
        zeros([values.shape[0], groups], values.dtype, values.device).scatter_add_(1, target, values);
}
