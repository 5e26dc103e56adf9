using Lab.Data.ShapesQa;
using Lab.Plots;
using Lab.Tokens;
using Lab.VisionLanguage.Pruning;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>The notebook's pictures.</summary>
public static class TodreFigures
{
    private const float Faded = 0.25f;
    private const int Scale = 6;

    /// <summary>Which patches of one picture enter the decoder. Frames tell the order: yellow first, violet last.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="picture">Number of a test picture.</param>
    /// <param name="keep">Tokens that enter.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Kept(TodreResults results, TodreRun run, int picture, int keep)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var model = results.Experiment.Recipe.Model;
        (string Name, IReadOnlyList<long> Order)[] chosen = [];
        Look(results, run, picture, input =>
        {
            long[] Order(Tensor order) => [.. order[0].cpu().data<long>()];
            long[] Diverse(DiversityRule rule) => Order(new TodrePruner("", keep) { Rule = rule }.Order(input, keep));
            chosen =
            [
                ("max-sum", Diverse(DiversityRule.MaxSum)), ("k-centre", Diverse(DiversityRule.KCenter)), ("class attention", Order(input.ClassAttention.topk(keep, 1).indexes)),
                ("random", Order(KeepSets.RandomScores(input.Batch, model.Patches, run.Seed).topk(keep, 1).indexes)),
            ];
        });
        using var batch = Batch(results, picture);
        var image = (batch.Images[0] + 0.4f).clamp(0, 1);
        return new(stack([.. chosen.Select(one => Framed(image, one.Order, model.Grid))]).MoveToOuterDisposeScope(), [.. chosen.Select(one => one.Name)], Columns: 4, Scale: 1);
    }

    /// <summary>The tokens of one picture in the plane of their two main directions.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="picture">Number of a test picture.</param>
    /// <param name="keep">Tokens that enter.</param>
    public static GenericChart Plane(TodreResults results, TodreRun run, int picture, int keep)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        float[] plane = [];
        long[] order = [];
        Look(results, run, picture, input =>
        {
            var unit = nn.functional.normalize(input.Visual[0], dim: -1);
            var centred = unit - unit.mean([0L], keepdim: true);
            var (_, _, directions) = linalg.svd(centred, fullMatrices: false);
            plane = centred.matmul(directions[..2].t()).cpu().contiguous().data<float>().ToArray();
            order = new TodrePruner("", keep).Order(input, keep)[0].cpu().data<long>().ToArray();
        });
        var rest = Enumerable.Range(0, plane.Length / 2).Select(i => (long)i).Except(order);
        return Charts.Scatter([Cloud("left out", rest), Cloud("kept", order.Skip(1)), Cloud("pivot", order.Take(1))], "first direction", "second direction", $"{keep} of {plane.Length / 2} tokens, chosen to be unlike each other");

        Series Cloud(string name, IEnumerable<long> tokens)
        {
            var all = tokens.ToArray();
            return new(name, [.. all.Select(i => (double)plane[2 * i])], [.. all.Select(i => (double)plane[2 * i + 1])]) { Hover = [.. all.Select(i => $"patch {i}")] };
        }
    }

    /// <summary>Accuracy with the picture dropped behind a layer, and how much the text still looks at it there, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart LateDrops(TodreResults results)
    {
        double[] layers = [.. results.Runs[0].Drops.Select(drop => (double)drop.Layer)];
        Series Of(string name, Func<TodreRun, int, double> value) => new(name, layers, [.. layers.Select((_, i) => results.Runs.Average(run => value(run, i)))]);
        return Charts.Lines(
            [
                Of("accuracy, all tokens before", (run, i) => run.Accuracy(run.Drops[i].All)), Of("accuracy, an eighth before", (run, i) => run.Accuracy(run.Drops[i].Reduced)),
                Of("never dropped", (run, _) => run.Accuracy(run.Unpruned)), Of("text's attention to the picture", (run, i) => 100 * run.TextToVision[i]), Of("threshold", (_, _) => 100 * results.Experiment.Threshold),
            ],
            "picture dropped behind layer", "accuracy in %", "Does the text still need the picture?").WithRightAxis("attention in %", 2);
    }

    /// <summary>Accuracy over the share of tokens that enter, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyOverTokens(TodreResults results)
    {
        SelectionMethod[] shown = [SelectionMethod.Ours, SelectionMethod.Diverse(DiversityRule.KCenter, Pivot.Class), SelectionMethod.ClassAttention, SelectionMethod.Random];
        double[] shares = [.. TodreExperiment.Keeps.Select(keep => 100.0 * keep / results.Experiment.Recipe.Model.Patches), 100];
        return Charts.Lines([.. shown.Select(method => new Series(method.Name, shares, [.. TodreExperiment.Keeps.Select(keep => results.Runs.Average(run => run.Accuracy(method, keep))), results.Runs.Average(run => run.Accuracy(run.Unpruned))]))],
            "tokens that enter, %", "accuracy in %, mean of types", "Accuracy and tokens", logX: true);
    }

    /// <summary>Accuracy on questions about one or two objects, and about all of them or the ground, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="keep">Tokens that enter.</param>
    public static GenericChart LocalAndGlobal(TodreResults results, int keep)
    {
        SelectionMethod[] shown = [SelectionMethod.Ours, SelectionMethod.Diverse(DiversityRule.KCenter, Pivot.Class), SelectionMethod.ClassAttention, SelectionMethod.Random];
        double Mean(SelectionMethod method, Func<PruneResult, double> value) => results.Runs.Average(run => 100 * value(run.Of(method, keep).Result));
        return Charts.Bars(
            [.. shown.Select(method => method.Name)],
            [new("one or two objects", [.. shown.Select(method => Mean(method, result => result.Score.Local.Value))]), new("all objects, or the ground", [.. shown.Select(method => Mean(method, result => result.Score.Global.Value))])],
            "accuracy in %", $"What {keep} tokens can answer");
    }

    /// <summary>Visual tokens in every layer: the area is what they cost.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Stages(TodreResults results)
    {
        var run = results.Runs[0];
        var late = TodrePruner.LateLayer(results.Experiment.Recipe.Model.Depth);
        var eighth = TodreExperiment.Keeps[1];
        (string Name, PruneResult Result)[] shown = [("all", run.Unpruned), ("first stage", run.Of(SelectionMethod.Ours, eighth).Result), ("both stages", run.Drops[late - 1].Reduced)];
        return Charts.Bars([.. Enumerable.Range(1, results.Experiment.Recipe.Model.Depth).Select(layer => $"layer {layer}")], [.. shown.Select(one => new BarGroup(one.Name, one.Result.Alive))], "visual tokens", "What the decoder still reads");
    }

    private static void Look(TodreResults results, TodreRun run, int picture, Action<PruneInput> look)
    {
        using var harness = new PruneHarness(run.Trained.Model, Batch(results, picture).To(run.Trained.Model.Vision.Words.device));
        harness.Run(new InputPruner("", input =>
        {
            look(input);
            return ones(1, input.Visual.shape[1], ScalarType.Bool, input.Visual.device);
        }));
    }

    private static QaBatch Batch(TodreResults results, int picture) =>
        results.Experiment.Recipe.LanguageSet.At(results.Experiment.Recipe.Model.ImageSize).Generate(QaSplit.Test, picture, 1, 1);

    private static Tensor Framed(Tensor image, IReadOnlyList<long> order, int grid)
    {
        var patch = image.shape[1] / grid;
        var shade = full([1, grid * grid], Faded).scatter(1, tensor(order.ToArray()).unsqueeze(0), ones(1, order.Count)).view(1, grid, grid);
        var canvas = (image * shade.repeat_interleave(patch, 1).repeat_interleave(patch, 2)).repeat_interleave(Scale, 1).repeat_interleave(Scale, 2);
        foreach (var (rank, token) in order.Index())
        {
            var colour = Viridis.At(1 - rank / (float)order.Count);
            Drawing.Frame(canvas, token / grid * patch, token % grid * patch, patch, Scale, [colour.Red / 255f, colour.Green / 255f, colour.Blue / 255f]);
        }
        return canvas;
    }
}
