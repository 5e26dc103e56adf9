using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Keeps tokens that are far from each other: after a first one, always the token that is least similar to those kept so far.</summary>
/// <remarks>Source: Gonzalez 1985; used for tokens by ToDRE, version 1 (arXiv 2505.18757).</remarks>
public sealed class GreedyKCenter : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => "greedy k-centre";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        using var scope = NewDisposeScope();
        var keys = view.Keys();
        return Selection.Top(view, Chosen(keys, view.Scores().argmax(1), keep), keep).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => tokens * keep * keyDim;

    /// <summary>The tokens in the order in which they are taken.</summary>
    /// <param name="vectors">[B, N, d]; compared by cosine.</param>
    /// <param name="first">[B] int64: the token to begin with.</param>
    /// <param name="keep">1..N.</param>
    /// <returns>[B, keep] int64.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Another number to keep.</exception>
    public static Tensor Order(Tensor vectors, Tensor first, int keep)
    {
        Reduction.Check(vectors.shape[1], keep);
        using var scope = NewDisposeScope();
        var similarity = Similarity.Cosine(vectors, vectors); // [B, N, N]
        var chosen = new List<Tensor> { first };
        var nearest = full([vectors.shape[0], vectors.shape[1]], double.NegativeInfinity, vectors.dtype, vectors.device); // the greatest cosine to a kept token
        var never = full([vectors.shape[0], 1], double.PositiveInfinity, vectors.dtype, vectors.device);
        while (chosen.Count < keep)
        {
            var last = chosen[^1].view(-1, 1);
            nearest = nearest.maximum(similarity.gather(1, last.unsqueeze(-1).expand(-1, -1, vectors.shape[1])).squeeze(1))
                .scatter(1, last, never);
            chosen.Add(nearest.argmin(1));
        }
        return stack(chosen, 1).MoveToOuterDisposeScope();
    }

    // 1 for tokens that are taken.
    private static Tensor Chosen(Tensor keys, Tensor first, int keep)
    {
        using var scope = NewDisposeScope();
        var order = Order(keys, first, keep);
        return zeros([keys.shape[0], keys.shape[1]], keys.dtype, keys.device).scatter_(1, order, ones_like(order).to(keys.dtype)).MoveToOuterDisposeScope();
    }
}
