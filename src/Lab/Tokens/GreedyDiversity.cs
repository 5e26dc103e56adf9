using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>What "far from those that are kept" means.</summary>
public enum DiversityRule
{
    /// <summary>The sum of cosines to all kept tokens is least: ToDRE, version 2.</summary>
    MaxSum,

    /// <summary>The greatest cosine to a kept token is least, farthest-first traversal: ToDRE, version 1, and DivPrune but for its first token.</summary>
    KCenter,
}

/// <summary>Keeps tokens that are unlike each other: after a first one always the token that is farthest from those kept so far.</summary>
/// <param name="rule">What that means.</param>
/// <remarks>Source: ToDRE, section 3.2 (arXiv 2505.18757); Gonzalez 1985 for k-centre.</remarks>
public sealed class GreedyDiversity(DiversityRule rule) : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => rule == DiversityRule.MaxSum ? "max-sum diversity" : "k-centre";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        using var scope = NewDisposeScope();
        var keys = view.Keys();
        var order = Order(keys, view.Scores().argmax(1), keep, rule);
        return new Selection(order.sort(1).Values, view.Masses, keys).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim) => tokens * keep * keyDim;

    /// <summary>The tokens in the order in which they are taken.</summary>
    /// <param name="vectors">[B, N, d]; compared by cosine, which is 0 for a vector of zeros.</param>
    /// <param name="first">[B] int64: the token to begin with, the pivot.</param>
    /// <param name="keep">1..N.</param>
    /// <param name="rule">Which token is next.</param>
    /// <returns>[B, keep] int64.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Another number to keep.</exception>
    public static Tensor Order(Tensor vectors, Tensor first, int keep, DiversityRule rule)
    {
        Reduction.Check(vectors.shape[1], keep);
        using var scope = NewDisposeScope();
        var (batch, count) = (vectors.shape[0], vectors.shape[1]);
        var similarity = Similarity.Cosine(vectors, vectors); // [B, N, N]
        var chosen = new List<Tensor> { first };
        var closeness = rule == DiversityRule.MaxSum ? zeros([batch, count], vectors.dtype, vectors.device) : full([batch, count], double.NegativeInfinity, vectors.dtype, vectors.device);
        var never = full([batch, 1], double.PositiveInfinity, vectors.dtype, vectors.device);
        while (chosen.Count < keep)
        {
            var last = chosen[^1].view(-1, 1);
            var toLast = similarity.gather(1, last.unsqueeze(-1).expand(-1, -1, count)).squeeze(1); // [B, N]
            closeness = (rule == DiversityRule.MaxSum ? closeness + toLast : closeness.maximum(toLast)).scatter(1, last, never);
            chosen.Add(closeness.argmin(1));
        }
        return stack(chosen, 1).MoveToOuterDisposeScope();
    }
}
