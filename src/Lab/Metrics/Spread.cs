namespace Lab.Metrics;

/// <summary>Numbers of several seeds in brief.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation with n - 1; 0 for a single number.</param>
/// <param name="Count">How many they are.</param>
public sealed record Spread(double Mean, double Deviation, int Count)
{
    /// <summary>Sums up.</summary>
    /// <exception cref="ArgumentException">No numbers.</exception>
    public static Spread Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) throw new ArgumentException("A spread needs at least one number.", nameof(values));
        var mean = values.Average();
        var deviation = values.Count == 1 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        return new Spread(mean, deviation, values.Count);
    }

    /// <summary>E.g. <c>43.30 ± 1.21 (n = 3)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Mean:F2} ± {Deviation:F2} (n = {Count})");
}
