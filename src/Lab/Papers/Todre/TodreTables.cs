using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.Todre;

/// <summary>The notebook's tables.</summary>
public static class TodreTables
{
    /// <summary>Every method at one number of tokens, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="keep">Tokens that enter.</param>
    public static DataFrame Methods(TodreResults results, int keep)
    {
        var methods = SelectionMethod.All;
        double Mean(Func<TodreRun, double> value) => results.Runs.Average(value);
        return new(
            Words($"{keep} tokens", methods, method => method.Name),
            Number("accuracy, %", methods, method => Mean(run => run.Accuracy(method, keep)), 1),
            Number("about one or two objects, %", methods, method => Mean(run => 100 * run.Of(method, keep).Result.Score.Local.Value), 1),
            Number("about all or the ground, %", methods, method => Mean(run => 100 * run.Of(method, keep).Result.Score.Global.Value), 1),
            Number("objects with a kept patch, %", methods, method => Mean(run => TodreResults.Coverage(run, method, keep)), 1),
            Number("mean cosine", methods, method => Mean(run => run.Of(method, keep).MeanCosine), 2));
    }

    /// <summary>The picture dropped behind a layer, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Drops(TodreResults results)
    {
        int[] layers = [.. results.Runs[0].Drops.Select(drop => drop.Layer)];
        return new(
            Number("dropped behind layer", layers, layer => layer),
            Number("accuracy, all tokens before, %", layers, layer => results.Runs.Average(run => run.Accuracy(run.Drops[layer - 1].All)), 1),
            Number("an eighth before, %", layers, layer => results.Runs.Average(run => run.Accuracy(run.Drops[layer - 1].Reduced)), 1),
            Number("decoder's operations, all before, %", layers, layer => 100 * results.Operations(results.Runs[0].Drops[layer - 1].All), 1),
            Number("an eighth before, %  ", layers, layer => 100 * results.Operations(results.Runs[0].Drops[layer - 1].Reduced), 1),
            Number("text's attention to the picture, %", layers, layer => results.Runs.Average(run => 100 * run.TextToVision[layer - 1]), 1));
    }
}
