using Lab.Metrics;
using Lab.Nn;
using Lab.Papers;
using Lab.Papers.ExpeditingVit;
using Lab.Tokens;
using Lab.Training;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.ExpeditingVit;

public sealed class ExpediteExperimentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static readonly ExpediteExperiment tiny = ExpediteExperiment.Quick with
    {
        Pictures = ExpediteExperiment.Quick.Pictures with { Size = 32 },
        Model = new(32, 4, 16, 6, 2, 2) { Head = VisionHead.Pixels },
        Recipe = new(1, 8, 2e-3) { LabelSmoothing = 0, CurvePoints = 1 },
        TrainSize = 16,
        TestSize = 16,
        Settings = [.. ExpediteExperiment.Quick.Settings.Select(setting => setting with { Side = setting.Side / 2 })],
        AblatedSides = [6],
    };

    private ModelCache Cache => new(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Everything_is_measured_judged_and_shown_and_models_come_from_the_cache_with_equal_numbers()
    {
        using var data = tiny.LoadData();
        using var first = tiny.Run(data, [1], cache: Cache);
        using var again = tiny.Run(data, [1, 2], cache: Cache);
        Assert.Equal([true, false], again.Runs.Select(run => run.FromCache));
        Assert.Equal(first.Runs[0].Scores.Select(score => score.TestIou), again.Runs[0].Scores.Select(score => score.TestIou));
        Assert.NotEqual(again.Runs[0].BaseIou, again.Runs[1].BaseIou);
        Assert.Equal(tiny.Settings, first.Runs[0].Scores.Select(score => score.Setting));
        Assert.All(first.Runs[0].Scores, score => Assert.Equal(score.Candidates.Max(candidate => candidate.ValidationIou), score.Chosen.ValidationIou));

        var claims = again.Claims();
        Assert.Equal(12, claims.Items.Count);
        Assert.Equal(6, claims.Items.Count(claim => claim.Verdict == Verdict.Reported));
        var full = (again with { Experiment = tiny with { Scale = ExpediteScale.Full } }).Claims();
        Assert.Equal(2, full.Items.Count(claim => claim.Verdict == Verdict.Reported)); // ToMe, twice
        Show(again);
    }

    [Fact]
    public void Ablations_use_the_tau_of_the_defaults_and_without_rounds_are_plain_means()
    {
        using var data = tiny.LoadData();
        using var results = tiny.Run(data, [1], cache: Cache);
        var (run, defaults) = (results.Runs[0], results.Runs[0][ExpediteMethod.Clustering, 2, 6]);
        Assert.Equal(ExpediteAblation.Values, run.Ablations.Select(one => (one.Iterations, one.Nearest)));
        Assert.Equal(defaults.TestIou, run.Ablations[^1].TestIou);

        var probe = new SegmentationProbe(run.Model, data, CPU);
        var tau = defaults.Chosen.TauShare!.Value / probe.MeanSquaredDistance(2);
        Assert.Equal(probe.Score(probe.Clustered(new(tau) { Iterations = 0 }, 2, 6), data.Test), run.Ablations[0].TestIou, 9);
        Assert.Equal(defaults.TestIou, probe.Ablated(defaults, 5, 20), 9); // measured anew: the same
    }

    [Fact]
    public void Rivals_cost_no_more_than_clusters_and_hardly_less()
    {
        using var data = tiny.LoadData();
        using var results = tiny.Run(data, [1], cache: Cache);
        var run = results.Runs[0];
        foreach (var method in new[] { ExpediteMethod.Merging, ExpediteMethod.Pruning })
            foreach (var side in new[] { 6, 4 })
                Assert.InRange(run[method, 2, side].Macs / run[ExpediteMethod.Clustering, 2, side].Macs, 0.97, 1);
        Assert.True(run[ExpediteMethod.Clustering, 2, 4].Macs < run[ExpediteMethod.Clustering, 3, 4].Macs);
    }

    [Fact]
    public void The_mean_squared_distance_is_that_over_all_pairs()
    {
        using var scope = NewDisposeScope();
        using var data = tiny.LoadData();
        using var model = new VisionTransformer(tiny.Model with { Classes = 7 });
        model.eval();
        using var noGrad = no_grad();
        var x = model.Embed(data.Normalization.Apply(data.Validation.Images.to(ScalarType.Float32) / 255));
        x = model.Blocks[0].call(x, null);
        var expected = (x.unsqueeze(1) - x.unsqueeze(2)).square().sum([3L]).mean().item<float>();
        Assert.Equal(expected, new SegmentationProbe(model, data, CPU).MeanSquaredDistance(1), 1e-3 * expected);
    }

    [Fact]
    public void A_head_for_clusters_is_the_head_itself_if_no_token_was_lost()
    {
        using var scope = NewDisposeScope();
        using var data = tiny.LoadData();
        using var model = new VisionTransformer(tiny.Model with { Classes = 7 });
        model.eval();
        var images = randn(2, 3, 32, 32);
        var probe = new SegmentationProbe(model, data, CPU);
        Near.Equal(model.call(images), probe.ClusteredHead(new(1e5), 2, 8).call(images), 1e-4);
        Assert.Equal([2, 7, 32, 32], probe.ClusteredHead(new(1), 2, 5).call(images).shape);
        Assert.True(probe.Macs(probe.ClusteredHead(new(1), 2, 5)) < probe.Macs(probe.Clustered(new(1), 2, 5)));
        Assert.Throws<NotSupportedException>(() => new CoarseHead(model, 5).call(images));
    }

    [Fact]
    public void Quick_costs_what_the_specification_counts()
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(ExpediteExperiment.Quick.Model with { Classes = 7 });
        Assert.Equal(103.3, MacCounter.Count(model, zeros(1, 3, 64, 64)).Total / 1e6, 0.05);
        Assert.Equal(13, ExpediteExperiment.Quick.Settings.Count);
    }

    [Fact]
    public void A_stop_is_heard_and_nothing_to_do_is_refused()
    {
        using var data = tiny.LoadData();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => tiny.Run(data, [1], cache: Cache, cancellation: stop.Token));
        Assert.Throws<ArgumentException>(() => tiny.Run(data, [], cache: Cache));
        Assert.Throws<ArgumentException>(() => (tiny with { Settings = [] }).Run(data, [1], cache: Cache));
        Assert.Contains("'medium'", Assert.Throws<ArgumentException>(() => ExpediteExperiment.Of("medium", CPU)).Message);
    }

    [Fact]
    public void Validation_and_test_pictures_are_none_of_the_training_pictures()
    {
        using var scope = NewDisposeScope();
        using var data = tiny.LoadData();
        Assert.Equal((16, 50, 16), (data.Train.Count, data.Validation.Count, data.Test.Count));
        var sets = new[] { data.Train, data.Validation, data.Test }.Select(set => set.Images.to(ScalarType.Float32).flatten(1)).ToArray();
        foreach (var (a, b) in new[] { (0, 1), (0, 2), (1, 2) }) Assert.True(cdist(sets[a], sets[b]).min().item<float>() > 1);
    }

    private static void Show(ExpediteResults results)
    {
        Assert.Equal([13, 2], new[] { 2, 3 }.Select(alpha => ExpediteTables.Results(results, alpha).Rows.Count));
        Assert.Equal((6, 4), (ExpediteTables.Ablations(results).Rows.Count, ExpediteTables.Ablations(results).Columns.Count));
        Assert.Equal(4, ExpediteTables.Latencies(results).Rows.Count);
        Assert.Equal(7, ExpediteTables.Plan(tiny).Rows.Count);
        Assert.Equal(7, ExpediteTables.Reported().Rows.Count);
        Assert.Contains("1 of them from the cache", ExpediteText.Origin(results));
        GenericChart[] charts = [ExpediteFigures.Losses(results), ExpediteFigures.IouOverMacs(results), ExpediteFigures.IouOverTau(results), ExpediteFigures.Reported()];
        Assert.Equal([4, 6, 6, 4], charts.Select(chart => GenericChart.getTraces(chart).Count()));

        var pixels = results.Data.Test.Images[0];
        var own = new OwnSetting(2, 5, 15) { Iterations = 2, Norm = WeightNorm.L2, Nearest = 3, Window = 3 };
        using var clusters = ExpediteFigures.Clusters(results, pixels, own).Images;
        Assert.Equal([4, 3, 96, 96], clusters.shape);
        using var strip = ExpediteFigures.Predictions(results, 0, own with { ClusteredHead = true }).Images;
        Assert.Equal([5, 3, 32, 32], strip.shape);
        Assert.InRange(strip.max().item<float>(), 0.5f, 1);
        var maps = ExpediteFigures.ReconstructionWeights(results, pixels, own, token: 9);
        foreach (var map in maps) Assert.Equal([8, 8], map.Weights.shape);
        Assert.Equal(1, maps[1].Weights.sum().item<float>(), 1.0); // means of means; the Euclidean norm makes them a little more
        foreach (var tensor in maps.SelectMany(map => new[] { map.Image, map.Weights })) tensor.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => ExpediteFigures.ReconstructionWeights(results, pixels, own, token: 64));
        Assert.Equal(2, ExpediteTables.Own(results, own with { Gamma = 2 }).Rows.Count);
        Assert.Contains(results.TauShare(2, 6), SegmentationProbe.TauShares);
        Assert.Equal(results.TauShare(2, 6), results.TauShare(2, 7));
    }
}
