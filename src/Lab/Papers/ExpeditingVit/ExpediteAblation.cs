namespace Lab.Papers.ExpeditingVit;

/// <summary>What rounds of clustering, and clusters in the reconstruction, are worth: all else as validation chose it for the defaults.</summary>
/// <param name="Side">Rows and columns of clusters, made behind a third of the layers.</param>
/// <param name="Iterations">κ.</param>
/// <param name="Nearest">k.</param>
/// <param name="TestIou">In %.</param>
public sealed record ExpediteAblation(int Side, int Iterations, int Nearest, double TestIou)
{
    private const int DefaultIterations = 5, DefaultNearest = 20;

    /// <summary>Rounds and clusters that are measured; the last are the defaults.</summary>
    public static IReadOnlyList<(int Iterations, int Nearest)> Values { get; } =
        [(0, DefaultNearest), (1, DefaultNearest), (3, DefaultNearest), (DefaultIterations, 1), (DefaultIterations, 4), (DefaultIterations, DefaultNearest)];

    /// <summary>Measures all values on test pictures.</summary>
    /// <param name="probe">Of the model.</param>
    /// <param name="defaults">What became of the defaults, with the tau that was chosen for them.</param>
    internal static IEnumerable<ExpediteAblation> Measure(SegmentationProbe probe, ExpediteScore defaults) =>
        Values.Select(value => new ExpediteAblation(
            defaults.Setting.Side, value.Iterations, value.Nearest,
            value == Values[^1] ? defaults.TestIou : probe.Ablated(defaults, value.Iterations, value.Nearest)));
}
