namespace Lab.Papers.ExpeditingVit;

/// <summary>Sentences of the notebook that hold figures.</summary>
public static class ExpediteText
{
    /// <summary>Where models come from.</summary>
    /// <param name="results">At least one run.</param>
    public static string Origin(ExpediteResults results)
    {
        var cached = results.Runs.Count(run => run.FromCache);
        return cached == 0 ? $"models: {results.Runs.Count}, all trained now" : $"models: {results.Runs.Count}, {cached} of them from the cache";
    }
}
