using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>
/// ToMe: every second token looks for its most similar partner among the others, and the most similar pairs become one token, the mean
/// by mass. A round removes at most half of the tokens; rounds follow each other until as few are left as asked for.
/// </summary>
/// <remarks>Source: Bolya et al. 2023, section 3 (arXiv 2210.09461).</remarks>
public sealed class BipartiteMerging : ITokenReducer
{
    /// <inheritdoc/>
    public string Name => "ToMe";

    /// <inheritdoc/>
    public Reduction Reduce(TokenView view, int keep)
    {
        Reduction.Check(view.Count, keep);
        using var scope = NewDisposeScope();
        var keys = view.Keys();
        var masses = view.Masses.alias();
        var target = arange(view.Count, device: keys.device).expand(keys.shape[0], -1); // [B, N]
        while (keys.shape[1] > keep)
        {
            var round = Round(keys, masses, (int)Math.Min(keys.shape[1] - keep, keys.shape[1] / 2));
            target = round.Target.gather(1, target);
            (keys, masses) = (round.Apply(keys), round.Masses);
        }
        return new Grouping(target, view.Masses, masses).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim)
    {
        var macs = tokens * dim;
        for (var left = tokens; left > keep; left -= Math.Min(left - keep, left / 2)) macs += left / 2 * (left - left / 2) * keyDim;
        return macs;
    }

    /// <summary>One round.</summary>
    /// <param name="keys">[B, N, d].</param>
    /// <param name="masses">[B, N].</param>
    /// <param name="merges">Pairs that become one, at most N / 2.</param>
    internal static Grouping Round(Tensor keys, Tensor masses, int merges)
    {
        using var scope = NewDisposeScope();
        var (batch, count) = (keys.shape[0], keys.shape[1]);
        var (odd, even) = (Every(1), Every(0)); // the odd ones look for partners among the even ones, of which there are as many or one more
        var (similarity, partner) = Similarity.Cosine(keys.index_select(1, odd), keys.index_select(1, even)).max(2);
        var merged = odd.expand(batch, -1).gather(1, similarity.topk(merges, 1, sorted: false).indexes); // [B, merges], places of tokens that go
        var goes = zeros([batch, count], ScalarType.Bool, keys.device).scatter_(1, merged, ones_like(merged).to(ScalarType.Bool));
        var number = goes.logical_not().to(ScalarType.Int64).cumsum(1) - 1; // of those that stay, in the order of the picture
        var host = arange(count, device: keys.device).expand(batch, -1).scatter(1, odd.expand(batch, -1), even.expand(batch, -1).gather(1, partner));
        var target = where(goes, number.gather(1, host), number);
        return Grouping.ByMass(target, masses, count - merges).MoveToOuterDisposeScope();

        Tensor Every(long first) => arange(first, count, 2, device: keys.device);
    }
}
