using Lab.Data.ShapesQa;
using Lab.Plots;
using Lab.VisionLanguage.Pruning;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.TransPrune;

/// <summary>The notebook's pictures.</summary>
public static class TransPruneFigures
{
    private const float Faded = 0.2f;

    /// <summary>What is left of one picture's patches behind every pruned layer, for several questions.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="schedule">By which tokens go.</param>
    /// <param name="picture">Number of a test picture.</param>
    /// <param name="alpha">Weight of the transitions.</param>
    /// <param name="questions">About it.</param>
    /// <returns>A grid whose tensor is the caller's to dispose: a row per question.</returns>
    public static ImageGrid Kept(TransPruneResults results, TransPruneRun run, PruneSchedule schedule, int picture, double alpha, int questions = 3)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var experiment = results.Experiment;
        using var packed = experiment.Recipe.LanguageSet.At(experiment.Recipe.Model.ImageSize).Generate(QaSplit.Test, picture, 1, questions);
        using var harness = new PruneHarness(run.Trained.Model, packed.Unpacked().To(run.Trained.Model.Vision.Words.device));
        var sets = new List<bool[][]>(); // stage by stage
        foreach (var stage in schedule.Pruned.Index().Select(one => one.Index + 1))
        {
            var until = schedule with { Pruned = [.. schedule.Pruned.Take(stage)], Ratios = [.. schedule.Ratios.Take(stage)] };
            sets.Add([.. harness.Run(new TransPruner("", until) { Alpha = alpha, Variant = experiment.Variant }).Left.Kept]);
        }
        var answers = harness.Run(new TransPruner("", schedule) { Alpha = alpha, Variant = experiment.Variant }).Answers;
        var image = (packed.Images[0] + 0.4f).clamp(0, 1).cpu();
        var (pictures, captions) = (new List<Tensor>(), new List<string>());
        for (var question = 0; question < questions; question++)
            foreach (var (stage, sides) in sets.Index())
            {
                pictures.Add(Shown(image, sides[question], experiment.Recipe.Model.Grid));
                captions.Add(stage == 0 ? $"{packed.Asked[0][question]}" : stage < sets.Count - 1 ? $"behind layer {schedule.Pruned[stage]}" : $"answer: {QaWords.All[(int)answers[question]]}");
            }
        return new(stack(pictures).MoveToOuterDisposeScope(), captions, Columns: sets.Count, Scale: 6);
    }

    /// <summary>Magnitude, 1 - |direction| and variation of attention's outputs over the patches of one picture: a slide per layer and quantity.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="picture">Number of a test picture.</param>
    public static GenericChart Transitions(TransPruneResults results, TransPruneRun run, int picture)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (set, model) = (results.Experiment.Recipe.LanguageSet.At(results.Experiment.Recipe.Model.ImageSize), results.Experiment.Recipe.Model);
        using var harness = new PruneHarness(run.Trained.Model, set.Generate(QaSplit.Test, picture, 1, 1).To(run.Trained.Model.Vision.Words.device));
        var slides = new List<(string, GenericChart)>();
        harness.Run(new LayerWatcher(layer =>
        {
            var number = slides.Count / 3 + 1;
            if (number >= model.Depth) return;
            var visual = arange(1, 1 + model.Patches, device: layer.Taps.AttentionInput.device);
            Tensor Of(Tensor values) => values.index_select(1, visual);
            var (magnitude, direction) = (Of(TokenTransition.Magnitude(layer.Taps.AttentionInput, layer.Taps.AttentionOutput)), Of(TokenTransition.Direction(layer.Taps.AttentionInput, layer.Taps.AttentionOutput)));
            Add("magnitude", magnitude);
            Add("1 - |direction|", 1 - direction.abs());
            Add("TTV, with the MLP's", TokenTransition.OfLayer(layer, results.Experiment.Variant));

            void Add(string name, Tensor values) => slides.Add(($"layer {number}: {name}", Map(values[0], model.Grid, name, $"layer {number}: {name}")));
        }));
        return Charts.Slides(slides, "quantity");
    }

    /// <summary>How often every place of the raster is kept at last, mean over seeds; the last slide shows where objects are.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="schedule">Its name.</param>
    public static GenericChart Positions(TransPruneResults results, string schedule)
    {
        string[] methods = [results.Experiment.Ours.Name, results.Experiment.Transitions.Name, TransPruneExperiment.Instruction.Name, results.Experiment.FastV.Name];
        var grid = results.Experiment.Recipe.Model.Grid;
        var kept = methods.Select(method => (method, Chart(patch => results.Runs.Average(run => run.Pruned[(schedule, method)].Left.Profile[patch]), "kept", method)));
        var coverage = results.Runs.Select(run => TransPruneResults.ObjectCoverage(run.Unpruned.Left)).ToArray();
        return Charts.Slides([.. kept, ("objects", Chart(patch => coverage.Average(one => one[patch]), "covered", "where objects are"))], "kept by");

        GenericChart Chart(Func<int, double> value, string scale, string title) =>
            Charts.HeatMap(Numbers(grid), Numbers(grid), [.. Enumerable.Range(0, grid).Select(row => (IReadOnlyList<double>)[.. Enumerable.Range(0, grid).Select(column => Math.Round(value(row * grid + column), 3))])], "column", "row", $"share of pictures {scale}", title);
    }

    /// <summary>Accuracy over the cost of visual tokens, mean over seeds; the paper's own points on a slide of their own.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyOverCost(TransPruneResults results)
    {
        var schedules = results.Experiment.Schedules;
        var ours = Charts.Scatter(
            [
                .. results.Experiment.Methods.Take(5).Select(method => new Series(method.Name, [.. schedules.Select(named => 100 * results.CostShare(named))], [.. schedules.Select(named => results.Runs.Average(run => run.Accuracy(named.Name, method.Name)))])
                { Hover = [.. schedules.Select(named => $"{method.Name}, {named.Name}")] }),
                new("all tokens", [100], [results.Runs.Average(run => run.Accuracy(run.Unpruned))]),
            ],
            "cost of visual tokens in % of that of all", "accuracy in %, mean of types", "Accuracy and cost");
        var paper = Charts.Scatter(
            [new("TransPrune", [40.8, 31.2], [100.0, 98.4]), new("FastV", [52.6], [97.8]), new("PDrop", [46.6], [98.8]), new("SparseVLM", [41.1], [98.8]), new("all tokens", [100], [100])],
            "cost of visual tokens in % of that of all", "relative accuracy in %", "As reported, LLaVA-1.5-7B");
        return Charts.Slides([("here", ours), ("the paper", paper)], "measured");
    }

    private static Tensor Shown(Tensor image, bool[] kept, int grid)
    {
        var patch = image.shape[1] / grid;
        var mask = tensor(kept.Select(one => one ? 1f : Faded).ToArray()).view(1, grid, grid).repeat_interleave(patch, 1).repeat_interleave(patch, 2);
        return image * mask;
    }

    private static GenericChart Map(Tensor values, int grid, string scale, string title)
    {
        var numbers = values.cpu().contiguous().data<float>().ToArray();
        return Charts.HeatMap(Numbers(grid), Numbers(grid), [.. numbers.Chunk(grid).Select(row => (IReadOnlyList<double>)[.. row.Select(value => Math.Round(value, 4))])], "column", "row", scale, title);
    }

    private static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => $"{i}")];

    // Sees every layer but the last, and keeps all tokens.
    private sealed class LayerWatcher(Action<LayerPass> see) : IPruner
    {
        public string Name => "none";

        public Tensor? AfterLayer(DecoderPass pass)
        {
            see(pass.Layers[^1]);
            return null;
        }
    }
}
