using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.ExpeditingVit;

/// <summary>The notebook's tables.</summary>
public static class ExpediteTables
{
    /// <summary>What is trained, and what becomes of it.</summary>
    /// <param name="plan">The experiment.</param>
    public static DataFrame Plan(ExpediteExperiment plan)
    {
        (string Name, string Value)[] rows =
        [
            ("pictures", $"{plan.Pictures.Size}x{plan.Pictures.Size} pixels, {plan.TrainSize} to train on, {plan.TestSize} to test"),
            ("class of a pixel", plan.Attribute.ToString().ToLowerInvariant()),
            ("tokens", $"{plan.Model.Side}x{plan.Model.Side}"),
            ("model", $"{plan.Model.Depth} layers, width {plan.Model.Dim}, {plan.Model.Heads} heads"),
            ("epochs", $"{plan.Recipe.Epochs}"),
            ("learning rate", FormattableString.Invariant($"{plan.Recipe.LearningRate}")),
            ("settings measured", $"{plan.Settings.Count}"),
        ];
        return new(Words("what", rows, row => row.Name), Words("value", rows, row => row.Value));
    }

    /// <summary>The paper's figures for Segmenter, and what their formula counts.</summary>
    public static DataFrame Reported() => new(
        Words("data", ExpediteReported.All, r => r.Data),
        Words("setting", ExpediteReported.All, r => r.Name),
        Number("reported mIoU, %", ExpediteReported.All, r => r.MeanIou),
        Number("reported GFLOPs", ExpediteReported.All, r => r.GigaFlops),
        Number("counted here", ExpediteReported.All, r => r.CountedGigaMacs, 2));

    /// <summary>The settings with clusters behind some layers, mean over seeds, and the model as it is.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="alpha">Layers in front.</param>
    public static DataFrame Results(ExpediteResults results, int alpha)
    {
        var whole = new Row("as it is", null, null, results.Runs[0].BaseMacs, [.. results.Runs.Select(run => run.BaseIou)], "");
        Row[] rows = [whole, .. results.Settings.Where(setting => setting.Alpha == alpha).Select(setting => Of(setting, results.Of(setting)))];
        return new(
            Words("method", rows, row => row.Name),
            Number("layers in front", rows, row => row.Alpha),
            Number("clusters per side", rows, row => row.Side),
            Number("MMAC", rows, row => row.Macs / 1e6, 1),
            Number("MMAC, %", rows, row => 100 * row.Macs / whole.Macs, 0),
            Number("mIoU, %", rows, row => row.Ious.Average(), 2),
            Number("±", rows, row => row.Ious.Length < 2 ? null : Spread.Of(row.Ious).Deviation, 2),
            Number("lost, points", rows, row => whole.Ious.Average() - row.Ious.Average(), 2),
            Words("chosen by validation", rows, row => row.Chosen));

        static Row Of(ExpediteSetting setting, IReadOnlyList<ExpediteScore> scores) => new(
            setting.Name, setting.Alpha, setting.Side, scores.Average(score => score.Macs), [.. scores.Select(score => score.TestIou)], string.Join(", ", scores.Select(score => score.Chosen.Name).Distinct()));
    }

    /// <summary>Mean IoU with other rounds of clustering, κ, and other numbers of clusters in the reconstruction, k, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Ablations(ExpediteResults results)
    {
        var (rows, sides) = (ExpediteAblation.Values, results.Runs[0].Ablations.Select(one => one.Side).Distinct());
        return new([Number("κ", rows, row => row.Iterations), Number("k", rows, row => row.Nearest), .. sides.SelectMany(ColumnsOf)]);

        IEnumerable<DataFrameColumn> ColumnsOf(int side)
        {
            var ious = rows.Select(row => results.Runs
                .Select(run => run.Ablations.Single(one => (one.Side, one.Iterations, one.Nearest) == (side, row.Iterations, row.Nearest)).TestIou).ToArray()).ToArray();
            yield return Number($"{side}x{side}: mIoU, %", ious, each => each.Average(), 2);
            yield return Number($"{side}x{side}: ±", ious, each => each.Length < 2 ? null : Spread.Of(each).Deviation, 2);
        }
    }

    /// <summary>Time of a batch beside its multiply-adds, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Latencies(ExpediteResults results)
    {
        var rows = results.Runs.SelectMany(run => run.Latencies).GroupBy(latency => (latency.Side, latency.AllPairs)).ToArray();
        return new(
            Words("clusters", rows, row => $"{row.Key.Side}x{row.Key.Side}"),
            Words("distances", rows, row => row.Key.AllPairs ? "all, masked" : "in the window"),
            Number("as it is, ms", rows, row => 1e3 * row.Average(latency => latency.BaseSeconds), 1),
            Number("expedited, ms", rows, row => 1e3 * row.Average(latency => latency.Seconds), 1),
            Number("time, %", rows, row => 100 * row.Average(latency => latency.Share), 0),
            Number("MMAC, %", rows, row => 100 * row.Average(latency => latency.MacShare), 0));
    }

    /// <summary>The reader's own setting beside the model as it is, first seed.</summary>
    /// <param name="results">Whose model.</param>
    /// <param name="own">The setting.</param>
    public static DataFrame Own(ExpediteResults results, OwnSetting own)
    {
        var (iou, macs) = results.Measure(own);
        (string Name, double Iou, double Macs)[] rows = [("as it is", results.Runs[0].BaseIou, results.Runs[0].BaseMacs), ("yours", iou, macs)];
        return new(Words("", rows, row => row.Name), Number("mIoU, %", rows, row => row.Iou, 2), Number("MMAC", rows, row => row.Macs / 1e6, 1));
    }

    private sealed record Row(string Name, int? Alpha, int? Side, double Macs, double[] Ious, string Chosen);
}
