using Lab.Plots;
using Plotly.NET;

namespace Lab.Runs;

/// <summary>A sweep's results as charts.</summary>
public static class SweepCharts
{
    /// <summary>Every run as a line over its parameters and the margins of its claims.</summary>
    /// <param name="results">The sweep.</param>
    /// <param name="notebook">Name of one of its notebooks.</param>
    /// <exception cref="ArgumentException">No run of the notebook is over and has claims.</exception>
    public static GenericChart ParallelCoordinates(SweepResults results, string notebook)
    {
        var runs = Measured(results, notebook);
        var parameters = results.Sweep.Parameters.Where(parameter => parameter.Value.Count > 1)
            .Select(parameter => ParallelAxis.Of(parameter.Key, [.. runs.Select(run => run.Run.Parameters[parameter.Key])]));
        var margins = ClaimsOf(runs).Select(claim => new ParallelAxis($"{claim.Name} ({claim.Unit})", [.. runs.Select(run => Margins(run.Record, claim.Name).DefaultIfEmpty(double.NaN).Average())]));
        var names = runs.Select(run => string.Join(", ", run.Run.Parameters.Select(value => $"{value.Key} = {value.Value}")));
        return Charts.ParallelCoordinates([.. parameters, .. margins], [.. names], $"{notebook}: {runs.Count} runs");
    }

    /// <summary>For every claim its margins as boxes, one per setting of the parameters, over seeds; the dotted line is the margin required.</summary>
    /// <inheritdoc cref="ParallelCoordinates"/>
    public static IReadOnlyList<GenericChart> Boxes(SweepResults results, string notebook)
    {
        var runs = Measured(results, notebook);
        return
        [
            .. ClaimsOf(runs).Select(claim => Charts.Boxes(
                [.. runs.GroupBy(run => results.Setting(run.Run)).Select(setting => new BoxGroup(setting.Key, [.. setting.SelectMany(run => Margins(run.Record, claim.Name))]))],
                $"margin ({claim.Unit})", claim.Name, claim.Required)),
        ];
    }

    private static List<(SweepRun Run, RunRecord Record)> Measured(SweepResults results, string notebook)
    {
        var runs = results.Sweep.Runs.Zip(results.Records).Where(run => run.First.Name == notebook && run.Second?.Claims is not null).Select(run => (run.First, run.Second!)).ToList();
        return runs.Count > 0 ? runs : throw new ArgumentException($"No run of '{notebook}' is over and has claims. The sweep's notebooks are {string.Join(", ", results.Notebooks)}.", nameof(notebook));
    }

    private static IEnumerable<Papers.Claim> ClaimsOf(IEnumerable<(SweepRun Run, RunRecord Record)> runs) => runs.SelectMany(run => run.Record.Claims!.Items).DistinctBy(claim => claim.Name);

    private static IEnumerable<double> Margins(RunRecord record, string claim) => record.Claims!.Items.Where(item => item.Name == claim).SelectMany(item => item.Margins);
}
