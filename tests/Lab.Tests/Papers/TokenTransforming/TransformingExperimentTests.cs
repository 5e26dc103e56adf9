using Lab.Papers;
using Lab.Papers.TokenTransforming;
using Lab.Tests.Data;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TokenTransforming;

public sealed class TransformingExperimentTests : IDisposable
{
    private static readonly TransformingExperiment tiny = TransformingExperiment.Quick with
    {
        Model = TransformingExperiment.Quick.Model with { Dim = 16, Depth = 3, Heads = 2 },
        Recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3),
        TrainSize = 16,
        Validation = 12,
        Test = 12,
        Dense = TransformingExperiment.Full.Dense! with
        {
            Model = TransformingExperiment.Full.Dense!.Model with { Dim = 16, Depth = 3, Heads = 2 },
            Recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3),
            TrainSize = 8,
            Validation = 4,
            Test = 4,
        },
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Claims_follow_from_the_scores_and_a_second_run_from_the_cache_is_the_same()
    {
        using var data = tiny.LoadData();
        var cache = new ModelCache(folder.Path);
        using var first = tiny.Run(data, [0, 1], cache: cache);
        using var again = tiny.Run(data, [0, 1], cache: cache);
        Assert.All(first.Runs, run => Assert.False(run.FromCache));
        Assert.All(again.Runs, run => Assert.True(run.FromCache));
        Assert.Equal(first.Runs.SelectMany(run => run.Scores), again.Runs.SelectMany(run => run.Scores));

        var main = tiny.Main;
        var claims = first.Claims([new(TransformingMethod.Soft(0.05).Name, 0.6, 0.6)]);
        Assert.Equal(first.Runs.Select(run => 3 + run.Chosen(main).Test - run.Unreduced.Test), Margins("About"));
        Assert.Equal(first.Runs.Select(run => run.Chosen(main).Test - run.Of(main, TransformingMethod.Fusing).Test), Margins("Transforming beats fusing"));
        Assert.Equal(first.Runs.Select(run => run.Dense!.Chosen.Test - run.Dense.Pruned.Test), Margins("Dense"));
        Assert.Equal(0.25, Assert.Single(Margins("Time")), 1e-12);
        Assert.Equal(Verdict.Reported, Of("Time").Verdict);
        Assert.Equal(2, first.Runs.Count);

        IReadOnlyList<double> Margins(string name) => Of(name).Margins;
        Claim Of(string name) => claims.Items.Single(claim => claim.Name.StartsWith(name));
    }

    [Fact]
    public void The_temperature_is_chosen_on_validation_pictures_alone()
    {
        var plan = tiny.Main;
        ReducedScore Score(double tau, double validation, double test) => new(TransformingMethod.Soft(tau).Name, plan, validation, test, 1) { Temperature = tau };
        var run = new TransformingRun(0, null!, [], false, new("all tokens", null, 90, 90, 2), [Score(0.02, 70, 99), Score(0.05, 80, 60), Score(0.1, 75, 98)], null);
        Assert.Equal(60, run.Chosen(plan).Test);
    }

    [Fact]
    public void Figures_and_tables_show_every_method()
    {
        using var scope = NewDisposeScope();
        using var data = tiny.LoadData();
        using var results = tiny.Run(data, [0], cache: new ModelCache(folder.Path));
        var run = results.Runs[0];
        Assert.Equal(7, TransformingFigures.Maps(results, run, data.Test.Images[0], 0.05).Images.shape[0]);
        Assert.Equal(3, TransformingFigures.Layers(results, run, data.Test.Images[0], 2, 0.05).Images.shape[0]);
        Assert.Contains("0..2", Assert.Throws<ArgumentOutOfRangeException>(() => TransformingFigures.Layers(results, run, data.Test.Images[0], 3, 0.05)).Message);
        Assert.Equal(6, TransformingFigures.Dense(run, 1).Images.shape[0]);
        Assert.NotNull(TransformingFigures.Matrices(results, run, data.Test.Images[0]));
        Assert.NotNull(TransformingFigures.AccuracyOverMacs(results));
        Assert.NotNull(TransformingFigures.AccuracyOverTemperature(results));
        Assert.NotNull(TransformingFigures.Masses(results, run, data.Test.Images[..4]));
        var latencies = ReducedLatency.Measure(run.Model, tiny.Main, [TransformingMethod.Merging]);
        Assert.InRange(Assert.Single(latencies).MacShare, 0.4, 0.99);
        Assert.NotNull(TransformingFigures.AccuracyOverTime(results, latencies));
        Assert.Equal(3, TransformingTables.Plans(results).Rows.Count);
        Assert.Equal(13, TransformingTables.Accuracies(results).Rows.Count);
        Assert.Equal(5, TransformingTables.Dense(results).Rows.Count);
        Assert.Single(TransformingTables.Times(latencies).Columns["method"]);
    }

    [Fact]
    public void Experiments_without_seeds_and_unknown_profiles_are_refused()
    {
        using var data = tiny.LoadData();
        Assert.Throws<ArgumentException>(() => tiny.Run(data, []));
        Assert.Contains("huge", Assert.Throws<ArgumentException>(() => TransformingExperiment.Of("huge", CPU)).Message);
    }
}
