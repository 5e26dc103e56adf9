using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>The notebook's tables.</summary>
public static class CctTables
{
    /// <summary>What an experiment will train.</summary>
    /// <param name="experiment">The plan.</param>
    public static DataFrame Plan(CctExperiment experiment) => new(
        Words("model", experiment.Arms, a => a.Name),
        Words("positions", experiment.Arms, a => a.Model.Position.ToString()),
        Words("pooling", experiment.Arms, a => a.Model.Pooling.ToString()),
        Number("tokens", experiment.Arms, a => a.Model.Tokens),
        Number("training pictures", experiment.Arms, a => (int)(a.DataShare * experiment.TrainSize)),
        Number("epochs", experiment.Arms, _ => experiment.Recipe.Epochs),
        Number("batch", experiment.Arms, _ => experiment.Recipe.BatchSize),
        Number("learning rate", experiment.Arms, _ => experiment.Recipe.LearningRate));

    /// <summary>Every official model, counted, beside the figures of the reference repository where it gives some; its accuracies are those on CIFAR-10.</summary>
    public static DataFrame Official()
    {
        var models = CctOptions.Official.Select(Counted).ToArray();
        return new(
            Words("model", models, m => m.Name),
            Number("side", models, m => m.Options.ImageSize),
            Number("tokens", models, m => m.Options.Tokens),
            Number("params, M", models, m => Math.Round(m.Parameters / 1e6, 3)),
            Number("reported, M", models, m => m.Reported?.ParametersInMillions),
            Number("GMAC, weights", models, m => Math.Round(m.Macs.Weights / 1e9, 3)),
            Number("reported, GMAC", models, m => m.Reported?.GigaMacs),
            Number("GMAC, all", models, m => Math.Round(m.Macs.Total / 1e9, 3)),
            Number("reported, %", models, m => m.Reported?.Cifar10));
    }

    /// <summary>What became of every arm, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Results(CctResults results)
    {
        var arms = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("model", arms, runs => runs[0].Arm.Name),
            Number("test, %", arms, runs => Math.Round(runs.Average(r => r.TestAccuracy), 2)),
            Number("± over seeds", arms, runs => runs.Count < 2 ? null : Math.Round(Spread.Of([.. runs.Select(r => r.TestAccuracy)]).Deviation, 2)),
            Number("training, %", arms, runs => Math.Round(runs.Average(r => r.TrainAccuracy), 2)),
            Number("parameters", arms, runs => runs[0].Parameters),
            Number("MMAC, weights", arms, runs => Math.Round(runs[0].Macs.Weights / 1e6, 2)),
            Number("MMAC, all", arms, runs => Math.Round(runs[0].Macs.Total / 1e6, 2)),
            Number("pictures/s", arms, runs => Math.Round(runs.Average(r => r.SamplesPerSecond))));
    }

    private static (string Name, CctOptions Options, long Parameters, MacCount Macs, CctReported? Reported) Counted(CctOptions options)
    {
        using var model = new CompactTransformer(options);
        using var picture = zeros(1, options.Channels, options.ImageSize, options.ImageSize);
        return (options.Name, options, model.parameters().Sum(p => p.numel()), MacCounter.Count(model, picture),
            CctReported.All.FirstOrDefault(r => r.Model == options.Name));
    }
}
