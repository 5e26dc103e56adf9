using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>What a matrix <c>W</c> of <c>Y = W X</c> does to tokens.</summary>
public enum TransformKind
{
    /// <summary>Nothing.</summary>
    Identity,

    /// <summary>Some tokens are dropped, the others stay as they are.</summary>
    Prune,

    /// <summary>One target is a mean of many tokens, the others stay as they are.</summary>
    Fuse,

    /// <summary>Targets are means of disjoint groups.</summary>
    Merge,

    /// <summary>Some tokens are dropped, others become means of disjoint groups.</summary>
    PruneAndMerge,

    /// <summary>A token feeds several targets.</summary>
    ManyToMany,
}

/// <summary>Questions to the matrices of reductions.</summary>
public static class TransformMatrix
{
    /// <summary>The kind of reduction that a matrix stands for.</summary>
    /// <param name="weights">W [M, N].</param>
    /// <exception cref="ArgumentException">No matrix.</exception>
    /// <remarks>Source: Token Transforming (arXiv 2506.05709), abstract.</remarks>
    public static TransformKind Classify(Tensor weights)
    {
        if (weights.dim() != 2) throw new ArgumentException($"One matrix [M, N] is classified at a time, got [{string.Join(", ", weights.shape)}].", nameof(weights));
        using var scope = NewDisposeScope();
        var support = weights != 0;
        var (targetsOfSource, sourcesOfTarget) = (Counts(support, 0), Counts(support, 1));
        if (targetsOfSource.Any(count => count > 1)) return TransformKind.ManyToMany;
        var means = sourcesOfTarget.Count(count => count > 1);
        if (targetsOfSource.Any(count => count == 0)) return means == 0 ? TransformKind.Prune : TransformKind.PruneAndMerge;
        return means switch { 0 => TransformKind.Identity, 1 => TransformKind.Fuse, _ => TransformKind.Merge };
    }

    /// <summary>One reduction after another, as one matrix.</summary>
    /// <param name="second">W2 [..., L, M].</param>
    /// <param name="first">W1 [..., M, N].</param>
    /// <returns>W2 W1 [..., L, N].</returns>
    public static Tensor Compose(Tensor second, Tensor first) => second.matmul(first);

    /// <summary>Targets that a token feeds, mean over the tokens: 1 for exclusive reductions.</summary>
    /// <param name="weights">W [M, N].</param>
    /// <param name="threshold">Smaller weights do not count.</param>
    public static double MeanSupport(Tensor weights, double threshold = 1e-3)
    {
        using var scope = NewDisposeScope();
        return (weights > threshold).sum([0L]).to(ScalarType.Float32).mean().item<float>();
    }

    private static long[] Counts(Tensor support, long dim) => support.sum([dim]).data<long>().ToArray();
}
