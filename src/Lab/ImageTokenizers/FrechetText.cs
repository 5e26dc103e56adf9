namespace Lab.ImageTokenizers;

/// <summary>What a reader must know of Frechet distances, in a sentence with the measured figures.</summary>
public static class FrechetText
{
    // What a network must tell before its features are worth a distance; shapes: twice chance.
    private const double ColourNeeded = 0.9, ClassNeeded = 0.6, ShapeNeeded = 0.5;

    /// <summary>Between what the Frechet distances lie, with a warning where the metric network sees too little for them.</summary>
    /// <param name="range">Of the data.</param>
    /// <param name="metric">The network.</param>
    public static string Of(FrechetRange range, TrainedFeatures metric)
    {
        var text = FormattableString.Invariant($"Frechet distances (stand-in) lie between {range.Floor:F2}, one half of the {range.Count} test pictures to the other, and {range.Ceiling:F1}, pictures of their mean colour alone.");
        return IsGood(metric.Accuracy) ? text : $"{text} Warning: the metric network tells too little for them to be trusted: {string.Join(", ", metric.Accuracy.Select(a => FormattableString.Invariant($"{a.Key} {100 * a.Value:F0} %")))}.";
    }

    private static bool IsGood(IReadOnlyDictionary<string, double> accuracy) => accuracy.TryGetValue("class", out var share)
        ? share >= ClassNeeded
        : accuracy["colour"] >= ColourNeeded && accuracy["shape"] >= ShapeNeeded;
}
