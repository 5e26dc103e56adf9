using Lab.Plots;
using Plotly.NET;

namespace Lab.Runs;

/// <summary>Curves of several runs in one chart.</summary>
public static class RunCharts
{
    private const int MostCurves = 40;

    /// <summary>A metric over the steps, one line per training and run; a line's name tells in which parameters its run differs.</summary>
    /// <param name="store">Holds the curves.</param>
    /// <param name="runs">At least one that has such a curve.</param>
    /// <param name="metric"><see cref="Curve.Loss"/> or another.</param>
    /// <exception cref="ArgumentException">No curve of that metric, or more than can be told apart.</exception>
    public static GenericChart Curves(RunStore store, IReadOnlyList<RunRecord> runs, string metric = Curve.Loss)
    {
        var names = RunTables.Differing(runs);
        var curves = runs.SelectMany(run => store.Curves(run.Id, metric), (run, curve) => new Series(Name(run, curve, names), [.. curve.Steps.Select(step => (double)step)], curve.Values)).ToList();
        if (curves.Count is 0)
        {
            var known = runs.SelectMany(run => store.Curves(run.Id)).Select(curve => curve.Metric).Distinct().Order().ToList();
            throw new ArgumentException(known.Count == 0 ? "None of these runs has curves: trainings that come from the cache have none." : $"No run has a curve '{metric}'. There are: {string.Join(", ", known)}.", nameof(metric));
        }

        if (curves.Count > MostCurves) throw new ArgumentException($"{curves.Count} curves in one chart cannot be told apart; choose fewer runs (at most {MostCurves} curves).", nameof(runs));
        return Charts.Lines(curves, "step", metric);
    }

    private static string Name(RunRecord run, Curve curve, IReadOnlyList<string> names) =>
        string.Join(", ", names.Where(run.Parameters.ContainsKey).Select(name => $"{name} = {run.Parameters[name]}").Prepend(curve.Training));
}
