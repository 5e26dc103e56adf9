using Lab.Plots;
using Lab.Tokens;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.TokenTransforming;

/// <summary>The notebook's pictures.</summary>
public static class TransformingFigures
{
    private const int Zoom = 6;

    private static readonly TransformingMethod[] shown = [TransformingMethod.Attention, TransformingMethod.Fusing, TransformingMethod.Merging, TransformingMethod.Hard, TransformingMethod.Soft(0.05), TransformingMethod.Soft(0.5)];

    /// <summary>The matrix W of every method on one picture: a slide each. The title names its kind and how many targets a token feeds.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    public static GenericChart Matrices(TransformingResults results, TransformingRun run, Tensor pixels) => Charts.Slides([.. shown.Select(method =>
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var weights = Trace(results, run, method, results.Experiment.Main, pixels)[0].Weights()[0].cpu();
        var title = FormattableString.Invariant($"{method.Name}: {TransformMatrix.Classify(weights)}; a token feeds {TransformMatrix.MeanSupport(weights):F2} targets");
        return (method.Name, Charts.HeatMap(Numbers(weights.shape[0]), Numbers(weights.shape[1]), Rows(weights), "token", "target", "weight", title));
    })], "method");

    /// <summary>What every method made of a picture's tokens.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="temperature">Of transforming.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Maps(TransformingResults results, TransformingRun run, Tensor pixels, double temperature)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        TransformingMethod[] methods = [.. TransformingMethod.Baselines, TransformingMethod.Soft(temperature)];
        var maps = methods.Select(method => Draw(pixels, Trace(results, run, method, results.Experiment.Main, pixels), run));
        var picture = (pixels.to(ScalarType.Float32) / 255).repeat_interleave(Zoom, 1).repeat_interleave(Zoom, 2);
        return new(stack([picture, .. maps]).MoveToOuterDisposeScope(), ["picture", .. methods.Select(method => method.Name)], Columns: 4, Scale: 1);
    }

    /// <summary>The tokens behind every block of a model that reduces them again and again, up to one block.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="block">0 shows the tokens behind the first block.</param>
    /// <param name="temperature">Of transforming.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No block of that number.</exception>
    public static ImageGrid Layers(TransformingResults results, TransformingRun run, Tensor pixels, int block, double temperature)
    {
        var depth = run.Model.Options.Depth;
        if ((uint)block >= depth) throw new ArgumentOutOfRangeException(nameof(block), block, $"Blocks are 0..{depth - 1}.");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var tokens = run.Model.Options.Side * run.Model.Options.Side;
        ReductionStep[] steps = [.. Enumerable.Range(0, depth).Select(i => new ReductionStep(i, Math.Max(1, tokens * (depth - i) / (depth + 1))))];
        TransformingMethod[] methods = [TransformingMethod.Attention, TransformingMethod.Merging, TransformingMethod.Soft(temperature)];
        var maps = methods.Select(method => Draw(pixels, [.. Trace(results, run, method, new(steps), pixels).Take(block + 1)], run));
        return new(stack([.. maps]).MoveToOuterDisposeScope(), [.. methods.Select(method => $"{method.Name}: {steps[block].Keep} tokens behind block {block}")], Columns: 3, Scale: 1);
    }

    /// <summary>Test accuracy over the share of multiply-adds by every plan, mean over seeds; the paper's own point on a slide of its own.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyOverMacs(TransformingResults results)
    {
        var run = results.Runs[0];
        var methods = TransformingMethod.Baselines.Select(method => Cloud(method.Name, (one, plan) => one.Of(plan, method)));
        var ours = Charts.Scatter([.. methods, Cloud("transforming, τ chosen", (one, plan) => one.Chosen(plan))], "multiply-adds in % of those with all tokens", "test accuracy in %", FormattableString.Invariant($"Accuracy and operations; {results.Runs.Average(one => one.Unreduced.Test):F1} % with all tokens"));
        var paper = Charts.Scatter([new("DeiT-S", [100], [79.8]), new("with Token Transforming", [60], [79.7])], "operations in % of those with all tokens", "ImageNet top-1 in %", "As reported");
        return Charts.Slides([("here", ours), ("the paper", paper)], "measured");

        Series Cloud(string name, Func<TransformingRun, ReductionPlan, ReducedScore> of)
        {
            var plans = results.Experiment.Plans;
            return new(name, [.. plans.Select(plan => 100.0 * of(run, plan).Macs / run.Unreduced.Macs)], [.. plans.Select(plan => results.Runs.Average(one => of(one, plan).Test))])
            {
                Hover = [.. plans.Select(plan => $"{name}, {plan}")],
            };
        }
    }

    /// <summary>Test accuracy by the main plan over measured time, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="latencies">By the main plan.</param>
    public static GenericChart AccuracyOverTime(TransformingResults results, IReadOnlyList<ReducedLatency> latencies) => Charts.Scatter(
        [
            .. latencies.Select(latency => new Series(latency.Method, [100 * latency.Share], [results.Runs.Average(run => run.Scores.Single(score => score.Plan == results.Experiment.Main && score.Method == latency.Method).Test)])),
            new("all tokens", [100], [results.Runs.Average(run => run.Unreduced.Test)]),
        ],
        "time in % of that with all tokens", "test accuracy in %", "Accuracy and measured time");

    /// <summary>Test accuracy over temperature by the main plan, with its limit at 0 and the other ways, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyOverTemperature(TransformingResults results)
    {
        double[] taus = [.. TransformingExperiment.Temperatures];
        var main = results.Experiment.Main;
        return Charts.Lines(
            [
                new("transforming, even targets", taus, [.. taus.Select(tau => Mean(TransformingMethod.Soft(tau)))]),
                new("transforming, attentive targets", [.. TransformingExperiment.Candidates], [.. TransformingExperiment.Candidates.Select(tau => Mean(TransformingMethod.Soft(tau, TargetSelection.Attention)))]),
                .. new[] { TransformingMethod.Merging, TransformingMethod.Hard, TransformingMethod.Attention }.Select(method => Level(method.Name, Mean(method))), Level("all tokens", results.Runs.Average(run => run.Unreduced.Test)),
            ],
            "temperature τ (cosine)", "test accuracy in %", $"How far tokens are spread ({main})", logX: true);

        double Mean(TransformingMethod method) => results.Runs.Average(run => run.Of(main, method).Test);
        Series Level(string name, double value) => new(name, taus, [.. taus.Select(_ => value)]);
    }

    /// <summary>How many tokens of the picture the tokens that are left stand for.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[N, 3, S, S] uint8.</param>
    public static GenericChart Masses(TransformingResults results, TransformingRun run, Tensor pixels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        string[] bins = ["1", "1 to 1.5", "to 2", "to 3", "to 5", "to 10", "more"];
        double[] edges = [1.001, 1.5, 2, 3, 5, 10, double.PositiveInfinity];
        TransformingMethod[] methods = [TransformingMethod.Merging, TransformingMethod.Hard, TransformingMethod.Soft(0.05), TransformingMethod.Soft(0.2)];
        return Charts.Bars(bins, [.. methods.Select(method => new BarGroup(method.Name, Shares(Trace(results, run, method, results.Experiment.Main, pixels)[0].Masses)))], "share of tokens in %", "What a token stands for: its mass, whose logarithm goes to attention");

        double[] Shares(Tensor masses)
        {
            var values = masses.flatten().cpu().data<float>().ToArray();
            return [.. edges.Select((edge, i) => 100.0 * values.Count(mass => mass <= edge && (i == 0 || mass > edges[i - 1])) / values.Length)];
        }
    }

    /// <summary>Segmentation of a few pictures: picture, labels, answers with all tokens, with a quarter of them, and where that errs.</summary>
    /// <param name="run">With segmentation.</param>
    /// <param name="pictures">The first so many.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Without segmentation.</exception>
    public static ImageGrid Dense(TransformingRun run, int pictures = 2)
    {
        var dense = run.Dense ?? throw new ArgumentException("Segmentation is not part of this experiment.", nameof(run));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var plan = run.Dense.Plan;
        var images = dense.Data.Images[..pictures].to(ScalarType.Float32) / 255;
        var inputs = dense.Normalization.Apply(images).to(dense.Model.parameters().First().device);
        var labels = dense.Data.Labels[..pictures].to(ScalarType.Int64);
        using var soft = new ReducedTransformer(dense.Model, dense.Chosen.Reducer, plan);
        using var pruned = new ReducedTransformer(dense.Model, dense.Pruned.Reducer, plan);
        Tensor[] answers = [.. new nn.Module<Tensor, Tensor>[] { dense.Model, soft, pruned }.Select(model => model.call(inputs).argmax(1).cpu())];
        Tensor[] columns = [images, Coloured(labels), .. answers.Select(Coloured), (answers[1] != labels).unsqueeze(1).expand(-1, 3, -1, -1).to(ScalarType.Float32)];
        string[] names = ["picture", "labels", "all tokens", dense.Chosen.Method, "pruned, nearest copies", "errors of transforming"];
        return new(stack(columns, 1).flatten(0, 1).MoveToOuterDisposeScope(), [.. Enumerable.Range(0, pictures).SelectMany(_ => names)], Columns: names.Length, Scale: 2);
    }

    // [B, S, S] classes -> [B, 3, S, S]; the ground is black.
    private static Tensor Coloured(Tensor classes)
    {
        var colours = tensor(new[,] { { 0f, 0, 0 }, { 0.9f, 0.2f, 0.2f }, { 0.2f, 0.8f, 0.3f }, { 0.3f, 0.4f, 1 }, { 0.95f, 0.9f, 0.2f }, { 0.9f, 0.3f, 0.9f }, { 0.2f, 0.9f, 0.9f } });
        return colours.index_select(0, classes.flatten()).view([.. classes.shape, 3]).permute(0, 3, 1, 2);
    }

    private static IReadOnlyList<Reduction> Trace(TransformingResults results, TransformingRun run, TransformingMethod method, ReductionPlan plan, Tensor pixels)
    {
        var batch = pixels.dim() == 3 ? pixels.unsqueeze(0) : pixels;
        var input = results.Normalization.Apply(batch.to(ScalarType.Float32) / 255).to(run.Model.parameters().First().device);
        using var reduced = new ReducedTransformer(run.Model, method.Create(run.Seed), plan);
        return reduced.Trace(input).Reductions;
    }

    private static Tensor Draw(Tensor pixels, IReadOnlyList<Reduction> reductions, TransformingRun run) =>
        ReductionMap.Draw(pixels.to(ScalarType.Float32) / 255, reductions, run.Model.Options.Side, Zoom);

    private static string[] Numbers(long count) => [.. Enumerable.Range(0, (int)count).Select(i => $"{i}")];

    private static IReadOnlyList<double>[] Rows(Tensor matrix) =>
        [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(row => (IReadOnlyList<double>)[.. matrix[row].data<float>().Select(value => Math.Round(value, 2))])];
}
