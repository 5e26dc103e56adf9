using Lab.Data;
using Lab.Metrics;
using Lab.Papers;
using Lab.Papers.CompactTransformers;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class CctExperimentTests
{
    private static readonly CctExperiment tiny = CctExperiment.Quick with
    {
        Arms = [.. CctExperiment.Quick.Arms.Select(a => a with { Model = a.Model with { Size = new(1, 1, 1, 8), HiddenChannels = 4 } })],
        Recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3) { CurvePoints = 2 },
        TrainSize = 32,
        TestSize = 20,
    };

    private static ImageSplits Data => new(Shapes.Classification32.Classification(32, 1), Shapes.Classification32.Classification(20, 2));

    [Fact]
    public void Small_models_of_quick_cost_what_the_specification_counts()
    {
        using var image = zeros(1, 3, 32, 32);
        var millions = CctExperiment.Quick.Arms.Take(3).Select(arm =>
        {
            using var model = new CompactTransformer(arm.Model);
            return Math.Round(MacCounter.Count(model, image).Total / 1e6, 1);
        });
        Assert.Equal([4.5, 4.4, 9.8], millions); // ViT-Lite, CVT, CCT
    }

    [Fact]
    public void Full_trains_the_official_models_and_their_ablations()
    {
        Assert.Equal(
            ["ViT-Lite-2/4", "CVT-2/4", "CCT-2/3x2", "CVT-2/4 without PE", "CCT-2/3x2 without PE", "CCT-2/3x2, half the images"],
            CctExperiment.Full.Arms.Select(a => a.Name));
    }

    [Fact]
    public void A_seed_gives_the_same_numbers_again_and_another_seed_others()
    {
        using var data = Data;
        var one = tiny with { Arms = [tiny.Arms[2]] };
        using var first = one.Run(data, [5]);
        using var again = one.Run(data, [5]);
        using var other = one.Run(data, [6]);
        Assert.Equal(first.Runs[0].Curve, again.Runs[0].Curve);
        Assert.NotEqual(first.Runs[0].Curve[^1].Loss, other.Runs[0].Curve[^1].Loss);
    }

    [Fact]
    public void An_arm_does_not_depend_on_those_before_it()
    {
        using var data = Data;
        using var alone = (tiny with { Arms = [tiny.Arms[1]] }).Run(data, [5]);
        using var together = (tiny with { Arms = [tiny.Arms[0], tiny.Arms[1]] }).Run(data, [5]);
        Assert.Equal(alone.Runs[0].Curve, together.Runs[1].Curve);
    }

    [Fact]
    public void Runs_carry_curves_counts_and_speed()
    {
        using var data = Data;
        var reports = new List<TrainingProgress>();
        using var results = tiny.Run(data, [5], progress: new Collect(reports));

        Assert.Equal(6, results.Runs.Count);
        var cct = results.Find(CompactFamily.CCT)[0];
        Assert.Equal([16, 32], cct.Curve.Select(p => p.Samples)); // 4 steps of 8, 2 points
        Assert.Equal(cct.TestAccuracy, cct.Curve[^1].TestAccuracy);
        Assert.InRange(cct.TrainAccuracy, 0, 100);
        Assert.True(cct.SamplesPerSecond > 0);
        Assert.Equal(6, cct.Model.Options.Classes); // as many as the data have
        Assert.False(cct.Model.training);
        Assert.Equal([8, 16], results.Find(CompactFamily.CCT, share: 0.5)[0].Curve.Select(p => p.Samples));
        Assert.Contains(reports, r => r.Run == "CVT-2/4, seed 5");
    }

    [Fact]
    public void Runs_leave_no_tensor_behind_but_their_models()
    {
        using var data = Data;
        tiny.Run(data, [5]).Dispose();
        var before = LiveTensors.Settled();
        using var results = tiny.Run(data, [5]);
        var parameters = results.Runs.Sum(r => r.Model.parameters().Count());
        results.Dispose();
        Assert.Equal(before + parameters, LiveTensors.Settled()); // TorchSharp 0.107 counts a parameter twice when made, once when freed
    }

    [Fact]
    public void Models_that_drop_something_give_the_same_numbers_again_too()
    {
        using var data = Data;
        var dropping = tiny with { Arms = [.. tiny.Arms.Take(2).Select(a => a with { Model = a.Model with { AttentionDropout = 0.3 } })] };
        using var first = dropping.Run(data, [5]);
        using var again = dropping.Run(data, [5]);
        Assert.Equal(first.Runs.Select(r => r.Curve[^1].Loss), again.Runs.Select(r => r.Curve[^1].Loss));
    }

    [Fact]
    public void A_run_can_be_stopped()
    {
        using var data = Data;
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => tiny.Run(data, [5], cancellation: stop.Token));
    }

    [Fact]
    public void Bad_values_are_named()
    {
        using var data = Data;
        Assert.Contains("Epochs must be at least 1, got 0", Assert.Throws<ArgumentException>(() => (tiny with { Recipe = tiny.Recipe with { Epochs = 0 } }).Run(data, [1])).Message);
        Assert.Contains("at least one arm and one seed", Assert.Throws<ArgumentException>(() => tiny.Run(data, [])).Message);
        Assert.Contains("'slow' is no profile", Assert.Throws<ArgumentException>(() => CctExperiment.Of("slow", CPU)).Message);
    }

    [Fact]
    public void Quick_judges_claims_1_2_and_5_and_reports_3_and_4()
    {
        using var results = Measured(CctScale.Quick, 3, vit: [30, 31, 32], cvt: [28, 28, 28], cct: [43, 35, 32], cvtBare: [27, 27, 27], cctBare: [43, 35, 32], cctHalf: [29, 30, 20]);
        var claims = results.Claims().Items;
        Assert.Equal([Verdict.Holds, Verdict.Holds, Verdict.Reported, Verdict.Reported, Verdict.Holds], claims.Select(c => c.Verdict));
        Assert.Equal([13, 4, 0], claims[0].Margins);
        Assert.Equal(2, claims[0].SeedsHeld);
        Assert.Equal([1, 1, 1], claims[3].Margins); // CVT loses 1 point, CCT none
    }

    [Fact]
    public void Full_asks_the_first_claim_of_all_seeds_and_judges_all_five()
    {
        using var results = Measured(CctScale.FullCuda, 3, vit: [50, 50, 50], cvt: [49, 49, 48], cct: [60, 60, 53], cvtBare: [45, 45, 45], cctBare: [59, 59, 53], cctHalf: [49, 49, 40]);
        var claims = results.Claims().Items;
        Assert.Equal([Verdict.Fails, Verdict.Holds, Verdict.Holds, Verdict.Holds, Verdict.Holds], claims.Select(c => c.Verdict));
        Assert.Equal(2, claims[0].SeedsHeld);
    }

    [Fact]
    public void On_two_cores_claims_3_and_4_are_declared_as_not_reproduced_and_tell_when_they_hold()
    {
        using var measured = Measured(CctScale.Full, 1, vit: [37], cvt: [35.5], cct: [49], cvtBare: [35], cctBare: [48.5], cctHalf: [39]);
        Assert.Equal([Verdict.Holds, Verdict.Holds, Verdict.NotReproduced, Verdict.NotReproduced, Verdict.Holds], measured.Claims().Items.Select(c => c.Verdict));
        using var better = Measured(CctScale.Full, 1, vit: [37], cvt: [37], cct: [49], cvtBare: [30], cctBare: [48.5], cctHalf: [39]);
        Assert.Equal([Verdict.HoldsNow, Verdict.HoldsNow], better.Claims().Items.Skip(2).Take(2).Select(c => c.Verdict));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(5, 4)]
    public void Two_thirds_of_the_seeds_are_needed(int seeds, int required)
    {
        var same = Enumerable.Repeat(40.0, seeds).ToArray();
        using var results = Measured(CctScale.Quick, seeds, same, same, same, same, same, same);
        Assert.Equal(required, results.Claims().Items[1].SeedsRequired);
    }

    [Fact]
    public void Claims_whose_arms_were_not_trained_are_left_out()
    {
        using var results = Measured(CctScale.Quick, 1, [30], [30], [40], [], [], []);
        Assert.Equal(3, results.Claims().Items.Count);
    }

    private static CctResults Measured(CctScale scale, int seeds, double[] vit, double[] cvt, double[] cct, double[] cvtBare, double[] cctBare, double[] cctHalf)
    {
        double[][] accuracies = [vit, cvt, cct, cvtBare, cctBare, cctHalf];
        return new(scale, [.. Enumerable.Range(0, seeds).SelectMany(seed => accuracies.Select((values, i) => (values, i)).Where(x => x.values.Length > 0).Select(x =>
            new CctRun(tiny.Arms[x.i], seed, new(tiny.Arms[x.i].Model), [new(1, x.values[seed], 1)], x.values[seed], 0, 1000, default, 1)))], Normalization.Signed);
    }

    private sealed class Collect(List<TrainingProgress> reports) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            lock (reports) reports.Add(value);
        }
    }
}
