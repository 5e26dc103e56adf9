using Lab.Data;
using Lab.Plots;
using Lab.Quantization;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>The notebook's pictures.</summary>
public static class SurveyFigures
{
    private const int Shown = 200; // entities that a picture has room for

    private static readonly TokenizerArm[] collapse = [TokenizerArm.NaiveVq, TokenizerArm.KMeansVq, TokenizerArm.RevivedVq, TokenizerArm.SimVq, TokenizerArm.Fsq, TokenizerArm.Bsq];

    /// <summary>Signal over noise at every rate, means over seeds; the prefixes of RVQ's codes are points, too. The pointer tells the kind.</summary>
    /// <param name="runs">Of part A.</param>
    /// <param name="data">Name of the vectors.</param>
    public static GenericChart RateDistortion(IReadOnlyList<VectorRun> runs, string data)
    {
        VectorRun[] own = [.. runs.Where(run => run.Data == data)];
        var largest = own.GroupBy(run => run.Comparison.Bits).MaxBy(rate => rate.Key)!.ToArray();
        var prefixes = Enumerable.Range(1, largest[0].Comparison.Books - 1)
            .Select(stage => (Name: $"RVQ, {stage} of {largest[0].Comparison.Books} codes", Bits: stage * Math.Log2(largest[0].Comparison.BookSize), Snr: -10 * Math.Log10(largest.Average(run => run.Stages[stage]))));
        var points = own.SelectMany(run => run.Scores).GroupBy(score => (score.Name, score.Bits)).Select(kind => (kind.Key.Name, kind.Key.Bits, Snr: kind.Average(score => score.Snr))).Concat(prefixes);
        return Charts.Scatter(
            [.. points.GroupBy(point => Family(point.Name)).Select(family => new Series(family.Key, [.. family.Select(p => p.Bits)], [.. family.Select(p => p.Snr)]) { Hover = [.. family.Select(p => p.Name)] })],
            "bits of a vector", "signal over noise in dB", $"Rate and distortion: {data}");

        static string Family(string kind) => kind.Split(',', ' ')[0] switch { "PQ" or "OPQ" => "PQ, OPQ", "LFQ" or "BSQ" => "LFQ, BSQ", var other => other };
    }

    /// <summary>What every stage of RVQ removes of the variance, mean over seeds.</summary>
    /// <param name="runs">Of part A.</param>
    public static GenericChart Staircase(IReadOnlyList<VectorRun> runs)
    {
        var groups = runs.GroupBy(run => (run.Data, run.Comparison.Bits, run.Comparison.Books)).ToArray();
        var most = groups.Max(group => group.Key.Books);
        return Charts.Bars(
            [.. Enumerable.Range(0, most + 1).Select(stage => stage == 0 ? "mean alone" : $"stage {stage}")],
            [.. groups.Select(group => new BarGroup($"{group.Key.Data}, {group.Key.Bits:F0} bits", [.. Enumerable.Range(0, most + 1).Select(stage => stage <= group.Key.Books ? 100 * group.Average(run => run.Stages[stage]) : double.NaN)]))],
            "variance left in %", "RVQ, stage by stage, decoded from prefixes of the codes");
    }

    /// <summary>Codes in use while training, mean over seeds, of the arms that tell the story of collapse.</summary>
    /// <param name="results">Of part B.</param>
    public static GenericChart UsageCurves(TokenizerResults results) => Charts.Lines(
        [.. collapse.Select(results.Of).Where(runs => runs.Count > 0).Select(runs => new Series(runs[0].Arm.Name,
            [.. runs[0].Curve.Select(point => (double)point.Step)], [.. runs[0].Curve.Select((_, i) => runs.Average(run => run.Curve[i].Usage))])
        {
            Hover = [.. runs[0].Curve.Select((_, i) => FormattableString.Invariant($"{runs[0].Arm.Name}: perplexity {runs.Average(run => run.Curve[i].Perplexity):F0}, {runs.Average(run => run.Curve[i].Psnr):F2} dB"))],
        })],
        "step", "codes in use on some test pictures, in %", "Collapse, and what prevents it");

    /// <summary>How the estimators turn one gradient at the code, pointing right, into gradients at the vectors of its cell.</summary>
    public static GenericChart GradientField()
    {
        using var scope = NewDisposeScope();
        var q = tensor(new[] { 1f, 0.6f });
        var around = linspace(-0.45, 0.45, 7);
        var grid = meshgrid([around, around], "ij");
        var z = stack([grid[0].flatten(), grid[1].flatten()], 1) + q; // [49, 2]
        (string Name, GradientEstimator Estimator)[] estimators =
            [("straight-through", GradientEstimator.StraightThrough), ("rotation", GradientEstimator.Rotation), ("directional", GradientEstimator.Directional())];
        using var random = manual_seed(1);
        return Charts.Lines([.. estimators.Select(e => Arrows(e.Name, e.Estimator, z, q))],
            "z1", "z2", "Gradients at the vectors of the cell of code (1, 0.6), at which the gradient points right");
    }

    /// <summary>A picture, what becomes of it with every bottleneck, and its codes below.</summary>
    /// <param name="results">Of part B.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Reconstructions(TokenizerResults results, Tensor pixels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var unit = pixels.to(ScalarType.Float32) / 255;
        TokenizerRun[] runs = [.. results.Arms.Select(arm => results.Of(arm)[0])];
        List<Tensor> pictures = [unit], codes = [zeros_like(unit) + 0.5];
        foreach (var run in runs)
        {
            var device = run.Tokenizer.parameters().First().device;
            var made = run.Tokenizer.call(Normalization.Signed.Apply(unit.unsqueeze(0)).to(device));
            pictures.Add((made.Images[0].cpu().clamp(-1, 1) + 1) / 2);
            codes.Add(made.Codes.shape[^1] == 0 ? zeros_like(unit) + 0.5 : CodeColours.Map(made.Codes[0].cpu(), pixels.shape[1]));
        }
        string[] names = ["picture", .. runs.Select(run => run.Arm.Name)];
        return new(stack([.. pictures, .. codes]).MoveToOuterDisposeScope(), [.. names, .. names.Select((name, i) => i == 0 ? "" : "codes")], Columns: names.Length, Scale: names.Length > 8 ? 2 : 4);
    }

    /// <summary>What the priors of the first seed generate for the same classes, a prior per row.</summary>
    /// <param name="results">At least one run.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Samples(GenerationResults results)
    {
        using var scope = NewDisposeScope();
        GenerationRun[] runs = [.. results.Arms.Select(arm => results.Of(arm)[0])];
        string[] captions = [.. runs.SelectMany(run => Enumerable.Range(0, GenerationRun.Shown).Select(i => i == 0 ? run.Arm.Name : ""))];
        return new(((cat([.. runs.Select(run => run.Pictures)]).clamp(-1, 1) + 1) / 2).MoveToOuterDisposeScope(), captions, Columns: GenerationRun.Shown, Scale: 2);
    }

    /// <summary>How many tokens the code of an entity shares with the code that is most like it: where all are shared, the two cannot be told apart.</summary>
    /// <param name="runs">Of part C.</param>
    public static GenericChart Collisions(IReadOnlyList<GraphRun> runs)
    {
        string[] arms = [GraphComparison.NearestAnchors, GraphComparison.RandomAnchors, GraphComparison.RelationsOnly];
        var shared = arms.Select(arm => runs.SelectMany(run => run[arm].Codes!.MostShared()).ToArray()).ToArray();
        var most = shared.Max(arm => arm.Max());
        return Charts.Bars([.. Enumerable.Range(0, most + 1).Select(count => $"{count}")],
            [.. arms.Zip(shared, (name, arm) => new BarGroup(name, [.. Enumerable.Range(0, most + 1).Select(count => 100.0 * arm.Count(own => own == count) / arm.Length)]))],
            "entities in %", "Tokens shared with the most similar other code");
    }

    /// <summary>The entities of a graph on its torus, an entity, and the anchors of its two codes; the pointer tells the hops to the nearest.</summary>
    /// <param name="run">Of part C.</param>
    /// <param name="entity">Whose codes, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The graph has no such entity.</exception>
    public static GenericChart Anchors(GraphRun run, int entity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entity);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(entity, run.Graph.Entities);
        var nearest = run[GraphComparison.NearestAnchors].Codes!;
        return Charts.Scatter(
        [
            Places("some entities", Enumerable.Range(0, Math.Min(Shown, run.Graph.Entities))),
            Places("anchors", nearest.Anchors),
            Places($"entity {entity}", [entity]),
            OfCode("its nearest anchors", nearest) with { Hover = [.. nearest.AnchorCodes[entity].Zip(nearest.Distances[entity]).Where(slot => slot.First != nearest.Nothing).Select(slot => $"{slot.Second} hops away")] },
            OfCode("its random anchors", run[GraphComparison.RandomAnchors].Codes!),
        ], "x", "y", $"Two codes of entity {entity}");

        Series OfCode(string name, GraphCodes codes) =>
            Places(name, codes.AnchorCodes[entity].Where(anchor => anchor != codes.Nothing).Select(anchor => codes.Anchors[anchor]));

        Series Places(string name, IEnumerable<int> entities) =>
            new(name, [.. entities.Select(i => (double)run.Graph.Places[i].X)], [.. entities.Select(i => (double)run.Graph.Places[i].Y)]);
    }

    private static Series Arrows(string name, GradientEstimator estimator, Tensor z, Tensor q)
    {
        const float Length = 0.09f;
        var leaf = z.detach().clone().requires_grad_();
        estimator.Apply(leaf, q.unsqueeze(0).expand(z.shape)).select(1, 0).sum().backward();
        var (from, gradient) = (z.data<float>().ToArray(), leaf.grad!.data<float>().ToArray());
        var (x, y) = (new List<double>(), new List<double>());
        for (var i = 0; i < from.Length; i += 2)
        {
            x.AddRange([from[i], from[i] + Length * gradient[i], double.NaN]);
            y.AddRange([from[i + 1], from[i + 1] + Length * gradient[i + 1], double.NaN]);
        }
        return new(name, x, y);
    }
}
