using Lab.Data;

namespace Lab.Generation;

/// <summary>How a symbol is drawn from a distribution.</summary>
public sealed record SamplingOptions
{
    /// <summary>Logarithms of probabilities are divided by it; 1 draws from the distribution itself, 0 takes the most likely.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the most likely symbols that together have this probability are drawn, in (0, 1].</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Of the draws.</summary>
    public long Seed { get; init; }

    internal void Check()
    {
        if (Temperature is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature must not be negative, got {Temperature}.");
        if (TopP is not (> 0 and <= 1)) throw new ArgumentException($"TopP lies in (0, 1], got {TopP}.");
    }
}

/// <summary>Draws from distributions over a few symbols.</summary>
internal static class Categorical
{
    /// <param name="logits">Logarithms of weights; they need not be normalised.</param>
    /// <param name="options">How.</param>
    /// <param name="random">Where chance comes from.</param>
    public static int Draw(ReadOnlySpan<double> logits, SamplingOptions options, ref CounterRandom random)
    {
        if (options.Temperature == 0) return MostLikely(logits);
        var (weights, highest) = (new double[logits.Length], logits[MostLikely(logits)]);
        for (var i = 0; i < weights.Length; i++) weights[i] = Math.Exp((logits[i] - highest) / options.Temperature);
        if (options.TopP < 1) KeepNucleus(weights, options.TopP);

        var (target, last) = ((random.Next() >> 11) * (1.0 / (1UL << 53)) * weights.Sum(), 0);
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0) continue;
            last = i;
            target -= weights[i];
            if (target < 0) break;
        }
        return last;
    }

    /// <returns>The first of the highest.</returns>
    public static int MostLikely(ReadOnlySpan<double> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best]) best = i;
        return best;
    }

    private static void KeepNucleus(double[] weights, double topP)
    {
        var order = Enumerable.Range(0, weights.Length).OrderByDescending(i => weights[i]).ToArray();
        var (sum, wanted) = (0.0, topP * weights.Sum());
        foreach (var i in order)
        {
            if (sum >= wanted) weights[i] = 0;
            sum += weights[i];
        }
    }
}
