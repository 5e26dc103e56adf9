using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>
/// What became of N tokens: M tokens, each a weighted mean of sources, <c>Y = W X</c>. Pruning, fusing, merging and transforming
/// differ in the structure of W alone.
/// </summary>
/// <remarks>Source: Token Transforming (arXiv 2506.05709), the unification of its abstract.</remarks>
public abstract class Reduction
{
    /// <summary>[B, M]: how many tokens of the picture each stands for.</summary>
    public abstract Tensor Masses { get; }

    /// <summary>From tokens to fewer of them.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <returns>[B, M, D].</returns>
    public abstract Tensor Apply(Tensor tokens);

    /// <summary>Back to as many as there were.</summary>
    /// <param name="reduced">[B, M, D].</param>
    /// <returns>[B, N, D].</returns>
    public abstract Tensor Restore(Tensor reduced);

    /// <summary>The weights of the means.</summary>
    /// <returns>W [B, M, N]; rows sum to 1.</returns>
    public abstract Tensor Weights();

    /// <summary>Which share of every source went where.</summary>
    /// <returns>P [B, M, N]; columns sum to 1, or are 0 where a token was dropped.</returns>
    public abstract Tensor Assignment();

    /// <summary>The tensors that it owns.</summary>
    internal abstract IEnumerable<Tensor> Owned { get; }

    /// <exception cref="ArgumentOutOfRangeException">Not between 1 and the tokens that there are.</exception>
    internal static void Check(long tokens, int keep)
    {
        if (keep < 1 || keep > tokens) throw new ArgumentOutOfRangeException(nameof(keep), keep, $"Of {tokens} tokens between 1 and {tokens} can be kept.");
    }
}

/// <summary>Moves between dispose scopes.</summary>
internal static class ReductionScope
{
    /// <summary>Moves all tensors that a reduction owns out of the scope they are in.</summary>
    public static TReduction MoveToOuterDisposeScope<TReduction>(this TReduction reduction) where TReduction : Reduction
    {
        foreach (var tensor in reduction.Owned) tensor.MoveToOuterDisposeScope();
        return reduction;
    }
}
