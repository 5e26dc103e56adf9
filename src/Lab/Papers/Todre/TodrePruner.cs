using Lab.Tokens;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>Where tokens are compared.</summary>
public enum FeatureSpace
{
    /// <summary>As the decoder takes them.</summary>
    Projected,

    /// <summary>As the encoder gives them.</summary>
    Encoder,
}

/// <summary>
/// Two stages: a diverse set of visual tokens enters the decoder, whatever the question; and in a late layer all of them go, for every
/// sample whose text no longer looks at the picture.
/// </summary>
/// <param name="name">In tables.</param>
/// <param name="keep">Visual tokens that enter; null: all of them.</param>
/// <remarks>Source: section 3 of arXiv 2505.18757.</remarks>
public sealed class TodrePruner(string name, int? keep) : IPruner
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>What diverse means.</summary>
    public DiversityRule Rule { get; init; } = DiversityRule.MaxSum;

    /// <summary>The token to begin with.</summary>
    public Pivot Pivot { get; init; } = Pivot.Class;

    /// <summary>Where tokens are compared.</summary>
    public FeatureSpace Space { get; init; } = FeatureSpace.Projected;

    /// <summary>Of pivots at random.</summary>
    public long Seed { get; init; }

    /// <summary>Share of attention between text and picture below which the picture goes; 0 never does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public double Threshold
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The threshold is at least 0.");
    }

    /// <summary>The layer behind which the picture may go; null: behind seven eighths of the decoder.</summary>
    public int? CandidateLayer { get; init; }

    /// <summary>Seven eighths of a decoder's layers.</summary>
    /// <param name="depth">L.</param>
    public static int LateLayer(int depth) => 7 * depth / 8;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">More tokens to keep than there are, or none.</exception>
    public Tensor? AtInput(PruneInput input)
    {
        if (keep is not { } count) return null;
        using var order = Order(input, count);
        return KeepSets.Mask(order, input.Visual.shape[1]);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A candidate layer that is not before the last.</exception>
    public Tensor? AfterLayer(DecoderPass pass)
    {
        var depth = pass.Input.Model.Decoder.Depth;
        var candidate = CandidateLayer ?? LateLayer(depth);
        if (candidate < 1 || candidate >= depth) throw new ArgumentException($"The picture can go behind layers 1 .. {depth - 1} of this decoder, not behind layer {candidate}.");
        if (Threshold == 0 || pass.Layer != candidate) return null;
        using var scope = NewDisposeScope();
        var ratio = CrossModalRatio.Of(pass.Layers[^1]);
        var drops = ratio.TextToVision.lt(Threshold).logical_and(ratio.VisionToText.lt(Threshold)); // [B]
        return drops.logical_not().unsqueeze(1).expand(pass.Sequence.Patches.shape).clone().MoveToOuterDisposeScope();
    }

    /// <summary>The tokens that enter, in the order in which they are taken.</summary>
    /// <param name="input">Pictures and questions.</param>
    /// <param name="count">So many of them.</param>
    /// <returns>[B, count] int64.</returns>
    public Tensor Order(PruneInput input, int count)
    {
        var tokens = Space == FeatureSpace.Projected ? input.Visual : input.Patches;
        using var pivots = Pivots.Of(input, tokens, Pivot, Seed);
        return GreedyDiversity.Order(tokens, pivots, count, Rule);
    }
}
