using Lab.Papers;
using Lab.Papers.Todre;
using Lab.Tests.Data;
using Lab.Tests.VisionLanguage;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.Todre;

public sealed class TodreExperimentTests : IDisposable
{
    private static readonly TodreExperiment tiny = TodreExperiment.Quick with
    {
        Recipe = UntrainedVlm.Hardly,
        Questions = 64,
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Claims_tables_and_figures_follow_from_the_runs()
    {
        using var scope = NewDisposeScope();
        using var results = tiny.Run([0, 1], cache: new ModelCache(folder.Path));
        var run = results.Runs[0];
        Assert.Equal(64, run.Unpruned.Score.All.Asked);
        Assert.Equal(2_048, run.Gate.All.Asked); // 64 questions would tell nothing about a gate
        Assert.Equal(run.Gate.All.Value >= tiny.Recipe.Gate, run.PassesGate);
        Assert.Equal(27, run.Chosen.Count); // nine methods, three numbers of tokens
        Assert.Equal([1, 2, 3], run.Drops.Select(drop => drop.Layer));
        Assert.All(run.TextToVision, share => Assert.InRange(share, 0.01, 1));

        var claims = results.Claims();
        Assert.Equal(results.Runs.Select(one => one.Accuracy(SelectionMethod.Ours, 16) - one.Accuracy(SelectionMethod.Random, 16)), Of("25 %: ahead").Margins);
        Assert.Equal(results.Runs.Select(one => one.Accuracy(one.Drops[2].All) - one.Accuracy(one.Drops[0].All)), Of("Dropping it late").Margins);
        Assert.Equal(Verdict.Holds, Of("12.5 %: the decoder").Verdict);
        Assert.Equal(Verdict.Holds, Of("The second stage").Verdict);
        Assert.Equal(Verdict.Reported, Of("The rule").Verdict);
        Assert.Equal(Verdict.Reported, Of("Dropping it behind seven").Verdict);

        Assert.Equal(9, TodreTables.Methods(results, 8).Rows.Count);
        Assert.Equal(3, TodreTables.Drops(results).Rows.Count);
        Assert.Equal(4, TodreFigures.Kept(results, run, 5, 8).Images.shape[0]);
        Assert.NotNull(TodreFigures.Plane(results, run, 5, 8));
        Assert.NotNull(TodreFigures.LateDrops(results));
        Assert.NotNull(TodreFigures.AccuracyOverTokens(results));
        Assert.NotNull(TodreFigures.LocalAndGlobal(results, 8));
        Assert.NotNull(TodreFigures.Stages(results));

        Claim Of(string name) => claims.Items.First(claim => claim.Name.StartsWith(name));
    }

    [Fact]
    public void A_diverse_choice_is_less_alike_than_one_at_random()
    {
        using var results = tiny.Run([0], cache: new ModelCache(folder.Path));
        var run = results.Runs[0];
        Assert.All(TodreExperiment.Keeps, keep => Assert.True(run.Of(SelectionMethod.Ours, keep).MeanCosine < run.Of(SelectionMethod.Random, keep).MeanCosine));
    }

    [Fact]
    public void No_seeds_and_unknown_profiles_are_refused()
    {
        Assert.Throws<ArgumentException>(() => tiny.Run([]));
        Assert.Contains("huge", Assert.Throws<ArgumentException>(() => TodreExperiment.Of("huge")).Message);
    }
}
