using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>The notebook's tables.</summary>
public static class T2TTables
{
    /// <summary>What the experiment will train.</summary>
    /// <param name="plan">The experiment.</param>
    public static DataFrame Plan(T2TExperiment plan) => new(
        Words("model", plan.Arms, arm => arm.Name),
        Words("tokens", plan.Arms, arm => arm.Model.Kind == T2TKind.None ? $"{arm.Model.Tokens}" : string.Join(" → ", arm.Model.Grids.Select(grid => grid * grid))),
        Number("width", plan.Arms, arm => arm.Model.Dim),
        Number("depth", plan.Arms, arm => arm.Model.Depth),
        Number("training pictures", plan.Arms, _ => plan.TrainSize),
        Number("epochs", plan.Arms, _ => plan.Recipe.Epochs));

    /// <summary>Published models, counted at 224 pixels, with what the paper and its repository report on ImageNet.</summary>
    public static DataFrame Official()
    {
        (string Name, T2TOptions Options, double Accuracy)[] models =
        [
            ("T2T-ViT-7", T2TOptions.T2TViT7, 71.7), ("T2T-ViT-12", T2TOptions.T2TViT12, 76.5), ("T2T-ViT-14", T2TOptions.T2TViT14, 81.5), ("T2T-ViT_t-14", T2TOptions.T2TViTt14, 81.7),
            ("T2T-ViT_c-14", T2TOptions.T2TViTc14, 80.8), ("T2T-ViT-14-wide", T2TOptions.T2TViT14Wide, 78.8),
        ];
        var counted = models.Select(m => (m.Name, m.Accuracy, Counts: Count(m.Options))).ToArray();
        return new(
            Words("model", counted, m => m.Name),
            Number("parameters, M", counted, m => Math.Round(m.Counts.Parameters / 1e6, 2)),
            Number("GMAC", counted, m => Math.Round(m.Counts.Macs.Total / 1e9, 2)),
            Number("of them attention", counted, m => Math.Round(m.Counts.Macs.Products / 1e9, 2)),
            Number("reported, %", counted, m => m.Accuracy));
    }

    /// <summary>What became of every arm, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Results(T2TResults results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("model", rows, r => r[0].Arm.Name),
            Number("test, %", rows, r => Math.Round(r.Average(run => run.Score.TestAccuracy), 2)),
            Number("±", rows, r => r.Count < 2 ? null : Math.Round(Spread.Of([.. r.Select(run => run.Score.TestAccuracy)]).Deviation, 2)),
            Number("training, %", rows, r => Math.Round(r.Average(run => run.Score.TrainAccuracy), 2)),
            Number("parameters", rows, r => r[0].Score.Parameters),
            Number("MMAC", rows, r => Math.Round(r[0].Score.Macs.Total / 1e6, 2)),
            Number("pictures/s", rows, r => Math.Round(r.Average(run => run.Score.SamplesPerSecond))));
    }

    /// <summary>What tokens tell of pixels in white noise, mean over seeds: shares of their variance.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Context(T2TResults results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("model", rows, r => r[0].Arm.Name),
            Number("own cell", rows, r => Math.Round(r.Average(run => run.Untrained.Own), 3)),
            Number("around it", rows, r => Math.Round(r.Average(run => run.Untrained.Ring), 3)),
            Number("own cell, trained", rows, r => Math.Round(r.Average(run => run.Trained.Own), 3)),
            Number("around it, trained", rows, r => Math.Round(r.Average(run => run.Trained.Ring), 3)));
    }

    /// <summary>What attention between splits costs.</summary>
    /// <param name="costs">Measured.</param>
    public static DataFrame Costs(IReadOnlyList<LayerCost> costs) => new(
        Words("attention", costs, cost => $"{cost.Kind}"),
        Number("tokens", costs, cost => cost.Side * cost.Side),
        Number("MMAC", costs, cost => Math.Round(cost.Macs / 1e6, 2)),
        Number("ms", costs, cost => Math.Round(1e3 * cost.Seconds, 2)));

    private static (long Parameters, MacCount Macs) Count(T2TOptions options)
    {
        using var model = new T2TVisionTransformer(options);
        using var picture = zeros(1, 3, options.ImageSize, options.ImageSize);
        return (model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()), MacCounter.Count(model, picture));
    }
}
