using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.TokenTransforming;

/// <summary>The notebook's tables.</summary>
public static class TransformingTables
{
    /// <summary>Where tokens are reduced, and what is left of the operations.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Plans(TransformingResults results)
    {
        var run = results.Runs[0];
        var plans = results.Experiment.Plans.Select(plan => run.Of(plan, TransformingMethod.Attention)).ToArray();
        return new(
            Words("block: tokens kept", plans, score => $"{score.Plan}"),
            Number("MMAC", plans, score => score.Macs / 1e6, 2),
            Number("of all tokens' MMAC, %", plans, score => 100.0 * score.Macs / run.Unreduced.Macs, 1));
    }

    /// <summary>Test accuracy of every method by every plan, mean over seeds, in %.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Accuracies(TransformingResults results)
    {
        var plans = results.Experiment.Plans;
        string[] methods = [.. results.Runs[0].Scores.Select(score => score.Method).Distinct()];
        return new([
            Words("method", methods, method => method),
            .. plans.Select(plan => Number($"{plan}", methods, method => Mean(results, score => score.Method == method && score.Plan == plan), 1)),
            Number("± of the last", methods, method => Deviation(results, score => score.Method == method && score.Plan == plans[^1]), 1),
        ]);
    }

    /// <summary>Mean IoU of segmentation, mean over seeds, in %.</summary>
    /// <param name="results">With segmentation.</param>
    /// <exception cref="ArgumentException">Without.</exception>
    public static DataFrame Dense(TransformingResults results)
    {
        DenseRun[] runs = [.. results.Runs.Select(run => run.Dense ?? throw new ArgumentException("Segmentation is not part of this experiment.", nameof(results)))];
        (string Name, Func<DenseRun, double> Score)[] rows =
        [
            ("all tokens", run => run.Unreduced), ("transforming, transformed back", run => run.Chosen.Test), ("ToMe, copies", run => run.Merged.Test), ("hard merging, copies", run => run.Hard.Test),
            ("attention pruning, nearest copies", run => run.Pruned.Test),
        ];
        return new(
            Words("a quarter of the tokens", rows, row => row.Name),
            Number("mean IoU, %", rows, row => runs.Average(row.Score), 1),
            Number("±", rows, row => runs.Length < 2 ? null : Spread.Of([.. runs.Select(row.Score)]).Deviation, 1));
    }

    /// <summary>Measured times.</summary>
    /// <param name="latencies">By one plan.</param>
    public static DataFrame Times(IReadOnlyList<ReducedLatency> latencies) => new(
        Words("method", latencies, latency => latency.Method),
        Number("operations, reduction included, %", latencies, latency => 100 * latency.MacShare, 1),
        Number("time, %", latencies, latency => 100 * latency.Share, 1));

    private static double? Mean(TransformingResults results, Func<ReducedScore, bool> wanted)
    {
        double[] scores = [.. results.Runs.SelectMany(run => run.Scores).Where(wanted).Select(score => score.Test)];
        return scores.Length == 0 ? null : scores.Average();
    }

    private static double? Deviation(TransformingResults results, Func<ReducedScore, bool> wanted)
    {
        double[] scores = [.. results.Runs.SelectMany(run => run.Scores).Where(wanted).Select(score => score.Test)];
        return scores.Length < 2 ? null : Spread.Of(scores).Deviation;
    }
}
