using Lab.Tokens;

namespace Lab.Papers.TokenTransforming;

/// <summary>One way to reduce tokens in the comparison.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Create">Makes the reducer for a seed.</param>
/// <param name="Temperature">Of transforming; null for all others.</param>
public sealed record TransformingMethod(string Name, Func<long, ITokenReducer> Create, double? Temperature = null)
{
    /// <summary>Tokens drawn at random stay.</summary>
    public static TransformingMethod Random { get; } = new("random pruning", seed => new RandomPruning(seed));

    /// <summary>Those stay that the class token looks at most.</summary>
    public static TransformingMethod Attention { get; } = new("attention pruning", _ => new AttentionPruning());

    /// <summary>The same, and one token for all others.</summary>
    public static TransformingMethod Fusing { get; } = new("EViT", _ => new AttentionFusing());

    /// <summary>Similar pairs become one.</summary>
    public static TransformingMethod Merging { get; } = new("ToMe", _ => new BipartiteMerging());

    /// <summary>The limit of transforming at temperature 0.</summary>
    public static TransformingMethod Hard { get; } = new("hard merging", _ => new SimilarityTransforming { Mode = AssignmentMode.Hard });

    /// <summary>All that transforming is compared with.</summary>
    public static IReadOnlyList<TransformingMethod> Baselines { get; } = [Random, Attention, Fusing, Merging, Hard];

    /// <summary>Every token feeds several targets.</summary>
    /// <param name="temperature">Of the softmax.</param>
    /// <param name="selection">Of the targets.</param>
    public static TransformingMethod Soft(double temperature, TargetSelection selection = TargetSelection.Uniform) => new(
        FormattableString.Invariant($"transforming{(selection == TargetSelection.Uniform ? "" : $", {$"{selection}".ToLowerInvariant()} targets")}, τ = {temperature}"),
        _ => new SimilarityTransforming { Temperature = temperature, Selection = selection }, temperature);
}
