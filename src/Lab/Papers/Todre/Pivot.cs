using Lab.Runtime;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>The token that a diverse set begins with.</summary>
public enum Pivot
{
    /// <summary>The one that the class token looks at most.</summary>
    Class,

    /// <summary>One drawn at random.</summary>
    Random,

    /// <summary>The one nearest to the mean of all.</summary>
    Centre,

    /// <summary>The one farthest from the mean of all.</summary>
    Farthest,
}

/// <summary>Chooses pivots.</summary>
/// <remarks>Source: section 3.2 and appendix table 1 of arXiv 2505.18757.</remarks>
public static class Pivots
{
    /// <summary>A token of every picture.</summary>
    /// <param name="input">Pictures and questions.</param>
    /// <param name="tokens">[B, n, d], the space that tokens are compared in.</param>
    /// <param name="pivot">Which.</param>
    /// <param name="seed">Of those at random; each sample has its own.</param>
    /// <returns>[B] int64.</returns>
    public static Tensor Of(PruneInput input, Tensor tokens, Pivot pivot, long seed)
    {
        using var scope = NewDisposeScope();
        var chosen = pivot switch
        {
            Pivot.Class => input.ClassAttention.argmax(1),
            Pivot.Random => KeepSets.RandomScores(input.Batch, (int)tokens.shape[1], Seed.Derive(seed, "pivot")).argmax(1),
            Pivot.Centre => ToMean().argmax(1),
            Pivot.Farthest => ToMean().argmin(1),
            _ => throw new ArgumentOutOfRangeException(nameof(pivot), pivot, "No such pivot."),
        };
        return chosen.MoveToOuterDisposeScope();

        Tensor ToMean() => nn.functional.cosine_similarity(tokens, tokens.mean([1L], keepdim: true), -1); // [B, n]
    }
}
