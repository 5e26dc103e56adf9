namespace Lab.Papers.TransPrune;

/// <summary>Where tokens are scored and pruned. Layers are counted from 1.</summary>
/// <param name="Accumulated">Layers whose transitions add up, ascending.</param>
/// <param name="Pruned">Layers behind which tokens go, ascending, each of them accumulated.</param>
/// <param name="Ratios">Share of the original tokens that is left behind each of them, not growing.</param>
/// <remarks>Source: section 4.1 of arXiv 2507.20630, and the scripts of the reference repository.</remarks>
public sealed record PruneSchedule(IReadOnlyList<int> Accumulated, IReadOnlyList<int> Pruned, IReadOnlyList<double> Ratios)
{
    private static readonly double[] high = [0.875, 0.625, 0.125], low = [0.625, 0.1875, 0.0625], harsh = [0.25, 0.125, 0.125];

    /// <summary>The paper's, for decoders of 32 layers: 504, 360 and 72 of 576 tokens.</summary>
    public static PruneSchedule OfficialHigh { get; } = new([7, 8, 9, 10, 11, 12], [7, 9, 12], high);

    /// <summary>The paper's cheaper one; its ratios are not given there, these fit both reported budgets to the printed digit.</summary>
    public static PruneSchedule OfficialLow { get; } = OfficialHigh with { Ratios = low };

    /// <summary>Three stages for a decoder of four layers: 56, 40 and 8 of 64 tokens.</summary>
    public static PruneSchedule SmallHigh { get; } = new([1, 2, 3], [1, 2, 3], high);

    /// <summary>40, 12 and 4 of 64 tokens.</summary>
    public static PruneSchedule SmallLow { get; } = SmallHigh with { Ratios = low };

    /// <summary>16, 8 and 8 of 64 tokens.</summary>
    public static PruneSchedule SmallHarsh { get; } = SmallHigh with { Ratios = harsh };

    /// <summary>The same stages in a decoder of eight layers.</summary>
    public static PruneSchedule MediumHigh { get; } = new([2, 3, 4], [2, 3, 4], high);

    /// <summary>As <see cref="SmallLow"/>.</summary>
    public static PruneSchedule MediumLow { get; } = MediumHigh with { Ratios = low };

    /// <summary>As <see cref="SmallHarsh"/>.</summary>
    public static PruneSchedule MediumHarsh { get; } = MediumHigh with { Ratios = harsh };

    /// <summary>Tokens left behind each pruned layer, cut to whole numbers as the reference code does.</summary>
    /// <param name="tokens">At first.</param>
    public IReadOnlyList<int> Keep(int tokens) => [.. Ratios.Select(ratio => (int)(tokens * ratio))];

    /// <summary>Tokens in every layer: what goes behind layer p is missing from p + 1 on.</summary>
    /// <param name="tokens">At first.</param>
    /// <param name="depth">Layers.</param>
    /// <exception cref="ArgumentException">A layer that such a decoder does not have, or that is its last.</exception>
    public IReadOnlyList<int> Alive(int tokens, int depth)
    {
        Check(depth);
        var keep = Keep(tokens);
        return [.. Enumerable.Range(1, depth).Select(layer => Pruned.Zip(keep).Where(stage => stage.First < layer).Select(stage => stage.Second).LastOrDefault(tokens))];
    }

    /// <exception cref="ArgumentException">Says what contradicts what.</exception>
    internal void Check(int depth)
    {
        if (Pruned.Count == 0 || Pruned.Count != Ratios.Count) throw new ArgumentException($"Every pruned layer needs a ratio, got {Pruned.Count} layers and {Ratios.Count} ratios.");
        foreach (var layer in Pruned)
        {
            if (layer < 1 || layer >= depth) throw new ArgumentException($"Tokens are pruned behind layers 1 .. {depth - 1} of this decoder, not behind layer {layer}.");
            if (!Accumulated.Contains(layer)) throw new ArgumentException($"Layer {layer} is pruned, but its transitions are not accumulated.");
        }
        if (Pruned.Zip(Pruned.Skip(1)).Any(pair => pair.First >= pair.Second)) throw new ArgumentException($"Pruned layers ascend, got {string.Join(", ", Pruned)}.");
        if (Ratios.Any(ratio => ratio is not (> 0 and <= 1)) || Ratios.Zip(Ratios.Skip(1)).Any(pair => pair.First < pair.Second))
            throw new ArgumentException($"Ratios lie in (0, 1] and do not grow, got {string.Join(", ", Ratios)}.");
    }
}
