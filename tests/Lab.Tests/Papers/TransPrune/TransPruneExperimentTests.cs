using Lab.Papers;
using Lab.Papers.TransPrune;
using Lab.Tests.Data;
using Lab.Tests.VisionLanguage;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TransPrune;

public sealed class TransPruneExperimentTests : IDisposable
{
    private static readonly TransPruneExperiment tiny = TransPruneExperiment.Quick with
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
        Assert.Equal(27, run.Pruned.Count); // three schedules, nine methods
        Assert.Equal(0.6357, results.CostShare(tiny.Schedules[0]), 5e-5);

        var claims = results.Claims();
        Assert.Equal(results.Runs.Select(one => one.HitRate("High", "TTV alone") - one.HitRate("High", "random")), Of("Transitions alone").Margins);
        Assert.Equal(results.Runs.Select(one => one.Accuracy("Low", "TTV + IGA") - one.Accuracy("Low", "random")), Of("Low").Margins);
        Assert.Equal(Verdict.Reported, Of("Harsh").Verdict);
        Assert.Equal(100 * (0.65 - 0.6357), Assert.Single(Of("High: visual").Margins), 5e-3);

        Assert.Equal(9, TransPruneTables.Accuracies(results).Rows.Count);
        Assert.Equal(9, TransPruneTables.HitRates(results).Rows.Count);
        Assert.Equal(3, TransPruneTables.Schedules(results).Rows.Count);
        Assert.Equal(2, PrunedModelTables.Gates(results.Runs).Rows.Count);
        Assert.Equal(6, PrunedModelTables.Types(results.Runs).Rows.Count);
        Assert.Equal(9, TransPruneFigures.Kept(results, run, tiny.Schedules[0].Schedule, 5, 0.5).Images.shape[0]); // three questions behind three layers
        Assert.NotNull(TransPruneFigures.Transitions(results, run, 5));
        Assert.NotNull(TransPruneFigures.Positions(results, "High"));
        Assert.NotNull(TransPruneFigures.AccuracyOverCost(results));

        Claim Of(string name) => claims.Items.First(claim => claim.Name.StartsWith(name));
    }

    [Fact]
    public void A_model_below_its_gate_gets_no_verdict_but_for_what_is_counted()
    {
        var strict = tiny with { Recipe = tiny.Recipe with { Gate = 1 } };
        using var results = strict.Run([0], cache: new ModelCache(folder.Path));
        Assert.All(results.Claims().Items.Where(claim => !claim.Name.Contains("cost at most")), claim => Assert.Equal(Verdict.Reported, claim.Verdict));
    }

    [Fact]
    public void Places_are_compared_as_distributions()
    {
        using var results = tiny.Run([0], cache: new ModelCache(folder.Path));
        var run = results.Runs[0];
        Assert.All(tiny.Methods, method => Assert.InRange(TransPruneResults.PositionBias(run, "High", method.Name), 0, 1));
        var coverage = TransPruneResults.ObjectCoverage(run.Unpruned.Left);
        Assert.Equal(64, coverage.Length);
        Assert.InRange(coverage.Average(), 0.05, 0.3); // about 15 % of the patches show an object
    }

    [Fact]
    public void No_seeds_and_unknown_profiles_are_refused()
    {
        Assert.Throws<ArgumentException>(() => tiny.Run([]));
        Assert.Contains("huge", Assert.Throws<ArgumentException>(() => TransPruneExperiment.Of("huge")).Message);
    }
}
