using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.TransPrune;

/// <summary>The notebook's tables.</summary>
public static class TransPruneTables
{
    /// <summary>What the schedules keep, and what visual tokens then cost.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Schedules(TransPruneResults results)
    {
        var (named, model) = (results.Experiment.Schedules, results.Experiment.Recipe.Model);
        return new(
            Words("schedule", named, one => one.Name),
            Words("pruned behind layers", named, one => string.Join(", ", one.Schedule.Pruned)),
            Words("tokens left", named, one => string.Join(", ", one.Schedule.Keep(model.Patches))),
            Number("cost of visual tokens, %", named, one => 100 * results.CostShare(one), 1),
            Number("counted operations of the decoder, %", named, one => Counted(results, one.Name), 1));
    }

    /// <summary>Accuracy of every method by every schedule, mean over the types that count and over seeds, in %.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Accuracies(TransPruneResults results) => Compare(results, (run, schedule, method) => run.Accuracy(schedule, method));

    /// <summary>Share of the finally kept tokens that lie on an object, mean over seeds, in %.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame HitRates(TransPruneResults results) => Compare(results, (run, schedule, method) => run.HitRate(schedule, method));

    private static DataFrame Compare(TransPruneResults results, Func<TransPruneRun, string, string, double> value)
    {
        string[] methods = [.. results.Experiment.Methods.Select(method => method.Name)], schedules = [.. results.Experiment.Schedules.Select(named => named.Name)];
        return new([
            Words("method", methods, method => method),
            .. schedules.SelectMany(schedule => new DataFrameColumn[]
            {
                Number(schedule, methods, method => results.Runs.Average(run => value(run, schedule, method)), 1),
                Number($"± {schedule}", methods, method => results.Runs.Count < 2 ? null : Spread.Of([.. results.Runs.Select(run => value(run, schedule, method))]).Deviation, 1),
            }),
        ]);
    }

    private static double Counted(TransPruneResults results, string schedule)
    {
        var run = results.Runs[0];
        return 100 * run.Pruned[(schedule, results.Experiment.Ours.Name)].Cost!.Value.Decoder / run.Unpruned.Cost!.Value.Decoder;
    }
}
