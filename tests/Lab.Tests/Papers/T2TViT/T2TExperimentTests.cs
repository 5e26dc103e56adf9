using Lab.Data;
using Lab.Metrics;
using Lab.Papers;
using Lab.Papers.T2TViT;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.T2TViT;

public sealed class T2TExperimentTests
{
    private static readonly T2TExperiment tiny = T2TExperiment.Quick with
    {
        Arms = [.. T2TExperiment.Quick.Arms.Select(arm => arm with { Model = arm.Model with { Dim = 16, Depth = 3, TokenDim = 8 } })],
        Recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3) { CurvePoints = 2 },
        TrainSize = 16,
        TestSize = 16,
    };

    [Fact]
    public void Quick_models_cost_what_the_specification_counts()
    {
        double[] expected = [15.0, 10.9, 12.5]; // millions of multiply-adds: T2T, patches, convolutions
        foreach (var (arm, million) in T2TExperiment.Quick.Arms.Zip(expected))
        {
            using var scope = NewDisposeScope();
            using var model = new T2TVisionTransformer(arm.Model with { Classes = 6 });
            Assert.Equal(million, MacCounter.Count(model, zeros(1, 3, 32, 32)).Total / 1e6, 0.06);
            Assert.Equal(64, arm.Model.Tokens);
        }
    }

    [Fact]
    public void Full_models_cost_what_the_specification_counts()
    {
        double[] expected = [36, 19, 23, 35];
        foreach (var (arm, million) in T2TExperiment.Full.Arms.Zip(expected))
        {
            using var scope = NewDisposeScope();
            using var model = new T2TVisionTransformer(arm.Model with { Classes = 6 });
            Assert.Equal(million, MacCounter.Count(model, zeros(1, 3, 32, 32)).Total / 1e6, 1.0);
        }
    }

    [Fact]
    public void Patches_know_their_cell_and_overlapping_windows_know_more()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var patches = ContextProbe.OfNoise(Flat(nn.Conv2d(3, 64, 4, stride: 4)), 32, seed: 1, pictures: 200);
        Assert.Equal(4 + 2 * ContextProbe.Margin, patches.Map.Count);
        Assert.True(patches.Own > 0.95, $"{patches.Own}"); // 48 numbers in 64 channels
        Assert.InRange(patches.Ring, -0.05, 0.02);

        var windows = ContextProbe.OfNoise(Flat(nn.Conv2d(3, 64, 6, stride: 4, padding: 1)), 32, seed: 1, pictures: 200);
        Assert.True(windows.Ring > 0.3, $"{windows.Ring}");
        Assert.InRange(windows.Map[0].Average(), -0.05, 0.02); // nothing of what no window holds

        static nn.Module<Tensor, Tensor> Flat(nn.Module<Tensor, Tensor> conv) => nn.Sequential(conv, nn.Flatten(2), new Transposed());
    }

    [Fact]
    public void Costs_are_counted_as_in_the_paper()
    {
        var costs = LayerCost.Measure(75, 32, [16, 32]);
        LayerCost Of(T2TKind kind, int side) => costs.Single(cost => cost.Kind == kind && cost.Side == side);
        Assert.Equal(256 * (2 * 16 * 32 + 16 + 2 * 32 * 16), Of(T2TKind.Performer, 16).Macs); // L (2 m e + m + 2 e m)
        Assert.Equal(2L * 256 * 256 * 32, Of(T2TKind.Transformer, 16).Macs);
        Assert.Equal(4 * Of(T2TKind.Performer, 16).Macs, Of(T2TKind.Performer, 32).Macs);
        Assert.Equal(16 * Of(T2TKind.Transformer, 16).Macs, Of(T2TKind.Transformer, 32).Macs);
        Assert.All(costs, cost => Assert.True(cost.Seconds > 0));
    }

    [Fact]
    public void Claims_follow_from_the_runs()
    {
        using var data = tiny.LoadData();
        using var results = tiny.Run(data, [0, 1]);
        LayerCost[] costs = [new(T2TKind.Performer, 8, 100, 1), new(T2TKind.Transformer, 8, 800, 1), new(T2TKind.Performer, 16, 400, 5), new(T2TKind.Transformer, 16, 12_800, 16)];
        var claims = results.Claims(costs);
        Assert.Equal(results.Of(T2TKind.Performer).Select(run => run.Untrained.Ring), claims.Items[0].Margins);
        Assert.Equal([0.875], claims.Items.Single(claim => claim.Name.StartsWith("Performer attention")).Margins);
        Assert.Equal([0], claims.Items.Single(claim => claim.Name.StartsWith("They grow")).Margins);
        Assert.Equal([1], claims.Items.Single(claim => claim.Name.StartsWith("Its time")).Margins);
        Assert.Equal(Verdict.Reported, claims.Items.Single(claim => claim.Name.StartsWith("T2T tells")).Verdict);
        Assert.DoesNotContain(claims.Items, claim => claim.Name.StartsWith("Deep")); // that arm was not trained
        Assert.Equal(6, results.Runs.Count);
    }

    [Fact]
    public void Unknown_profiles_and_empty_experiments_are_refused()
    {
        Assert.Contains("huge", Assert.Throws<ArgumentException>(() => T2TExperiment.Of("huge", CPU)).Message);
        using var data = new ImageSplits(Shapes.Classification32.Classification(8, 1), Shapes.Classification32.Classification(8, 2));
        Assert.Throws<ArgumentException>(() => tiny.Run(data, []));
        Assert.Throws<ArgumentException>(() => (tiny with { Arms = [] }).Run(data, [0]));
    }

    private sealed class Transposed() : nn.Module<Tensor, Tensor>(nameof(Transposed))
    {
        public override Tensor forward(Tensor x) => x.transpose(1, 2);
    }
}
