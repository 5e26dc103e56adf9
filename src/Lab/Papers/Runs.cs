namespace Lab.Papers;

/// <summary>The runs of an experiment, which own models.</summary>
internal static class Runs
{
    /// <summary>All of them, or none: when one throws, those before it are disposed.</summary>
    /// <param name="runs">Each is made when it is its turn.</param>
    public static List<TRun> All<TRun>(IEnumerable<TRun> runs) where TRun : IDisposable
    {
        var made = new List<TRun>();
        try
        {
            foreach (var run in runs) made.Add(run);
            return made;
        }
        catch
        {
            foreach (var run in made) run.Dispose();
            throw;
        }
    }
}
