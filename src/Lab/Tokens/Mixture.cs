using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Every token may feed several targets, and every target draws on several tokens.</summary>
/// <param name="weights">W [B, M, N]; rows sum to 1.</param>
/// <param name="assignment">P [B, M, N]; columns sum to 1.</param>
/// <param name="masses">[B, M].</param>
public sealed class Mixture(Tensor weights, Tensor assignment, Tensor masses) : Reduction
{
    /// <summary>Means by mass, <c>W = diag(1 / m') P diag(m)</c> with <c>m' = P m</c>: masses add up, and the mean of all tokens by mass stays.</summary>
    /// <param name="assignment">P [B, M, N]; columns sum to 1.</param>
    /// <param name="masses">m [B, N].</param>
    public static Mixture ByMass(Tensor assignment, Tensor masses)
    {
        using var scope = NewDisposeScope();
        var flow = assignment * masses.unsqueeze(1);
        var target = flow.sum([2L]).clamp_min(1e-12); // a target that nobody feeds has no mass, and no attention will find it
        return new((flow / target.unsqueeze(-1)).MoveToOuterDisposeScope(), assignment, target.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor Masses => masses;

    /// <inheritdoc/>
    internal override IEnumerable<Tensor> Owned => [weights, assignment, masses];

    /// <inheritdoc/>
    public override Tensor Apply(Tensor tokens) => weights.matmul(tokens);

    /// <summary>Every token becomes the mean of its targets, by its shares in them: <c>P^T Y</c>.</summary>
    /// <param name="reduced">[B, M, D].</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor Restore(Tensor reduced)
    {
        using var scope = NewDisposeScope();
        return assignment.transpose(1, 2).matmul(reduced).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Weights() => weights.alias();

    /// <inheritdoc/>
    public override Tensor Assignment() => assignment.alias();
}
