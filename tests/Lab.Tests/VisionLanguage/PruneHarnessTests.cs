using Lab.Data.ShapesQa;
using Lab.Runtime;
using Lab.VisionLanguage;
using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.VisionLanguage;

public sealed class PruneHarnessTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly TinyVlm model = Make();
    private readonly PruneHarness harness;

    public PruneHarnessTests() => harness = PruneHarness.Of(model, QaSet.Easy, 40);

    public void Dispose()
    {
        harness.Dispose();
        model.Dispose();
        scope.Dispose();
    }

    public static TheoryData<string> Baselines => ["random", "class attention", "uniform grid", "DivPrune", "FastV", "random schedule"];

    [Theory]
    [MemberData(nameof(Baselines))]
    public void Hidden_or_taken_out_every_baseline_keeps_the_same_patches_and_gets_the_same_answers(string name)
    {
        var pruner = Baseline(name);
        var (hidden, taken) = (harness.Run(pruner, Execution.Mask), harness.Run(pruner, Execution.Gather, chunk: 16));
        Assert.Equal(hidden.Answers, taken.Answers);
        Assert.Equal(hidden.Left.Kept, taken.Left.Kept);
        Assert.Equal(hidden.Alive, taken.Alive);
        Assert.All(taken.Left.Kept, kept => Assert.Equal(8, kept.Count(one => one)));
        Assert.Equal((null, null), (hidden.Cost, hidden.Milliseconds));
        Assert.True(taken.Milliseconds > 0);
        Assert.True(taken.Cost!.Value.Decoder < VlmCost.Of(TinyVlmOptions.S, 1).Decoder);
    }

    [Fact]
    public void Without_pruning_answers_and_operations_are_those_of_the_model()
    {
        var result = harness.Run(Pruners.None);
        var answers = model.call(harness.Questions.Images, harness.Questions.Words.squeeze(1)).argmax(-1);
        Assert.Equal(answers.data<long>().ToArray(), result.Answers);
        var right = answers.eq(harness.Questions.Answers.squeeze(1)).sum().item<long>();
        Assert.Equal((right, 40), (result.Score.All.Right, result.Score.All.Asked));
        Assert.Equal(VlmCost.Of(TinyVlmOptions.S, 1).Total, result.Cost!.Value.Total, 1e-3);
        Assert.Equal([64.0, 64, 64, 64], result.Alive);
        Assert.Equal(1, result.Left.ObjectCoverage);
        Assert.All(result.Left.Profile, share => Assert.Equal(1, share));
        Assert.Equal(40, result.Score.Local.Asked + result.Score.Global.Asked);
    }

    [Fact]
    public void A_schedule_keeps_a_shrinking_set_and_counts_the_lengths_that_layers_ran_on()
    {
        List<long[][]> seen = [];
        var pruner = new LayerPruner("watched", [new(1, 40), new(2, 12), new(3, 4)], pass =>
        {
            seen.Add([.. pass.Sequence.Patches.data<long>().ToArray().Chunk((int)pass.Sequence.Patches.shape[1])]);
            Assert.Equal(pass.Layer, pass.Layers.Count);
            Near.Equal(ones(pass.Sequence.Patches.shape[0], 4, pass.Sequence.Length), pass.NextAttention().sum([-1L]));
            return pass.Input.ClassAttention.gather(1, pass.Sequence.Patches);
        });
        var result = harness.Run(pruner, chunk: 40);
        Assert.Equal([64.0, 40, 12, 4], result.Alive);
        foreach (var (before, after) in seen.Take(3).Zip(seen.Skip(1).Take(2)))
            for (var i = 0; i < 40; i++)
            {
                Assert.Subset(before[i].ToHashSet(), after[i].ToHashSet());
                Assert.Equal(after[i].Order(), after[i]); // raster order
            }
        Assert.Equal(VlmCost.Of(TinyVlmOptions.S, [70, 46, 18, 10]).Total, result.Cost!.Value.Total, 1e-3);
        Assert.All(result.Left.Kept.Zip(harness.Run(Pruners.ClassAttention(4)).Left.Kept), pair => Assert.Equal(pair.Second, pair.First)); // one ranking, so top 4 of top 12 of top 40
    }

    [Fact]
    public void Ratios_of_one_change_no_answer()
    {
        var kept = harness.Run(new LayerPruner("all", [new(1, 64), new(3, 64)], pass => pass.Input.ClassAttention));
        Assert.Equal(harness.Run(Pruners.None).Answers, kept.Answers);
    }

    [Fact]
    public void Random_choices_belong_to_a_sample_and_a_seed_and_not_to_a_chunk()
    {
        var one = harness.Run(Pruners.Random(8, 1), chunk: 40);
        Assert.Equal(one.Left.Kept, harness.Run(Pruners.Random(8, 1), chunk: 7).Left.Kept);
        Assert.InRange(one.Left.Iou(harness.Run(Pruners.Random(8, 2)).Left), 0.02, 0.15); // 8 of 64 twice: one in common on average
        Assert.InRange(one.Left.Profile.Average(), 0.1249, 0.1251);
        Assert.NotEqual(one.Left.Kept[0], one.Left.Kept[1]);
    }

    [Fact]
    public void The_oracle_keeps_the_named_objects_and_a_little_background_and_needs_masks()
    {
        var result = harness.Run(Pruners.Evidence(4, 0), Execution.Mask);
        for (var i = 0; i < 40; i++)
        {
            Assert.True(result.Left.Kept[i].Zip(result.Left.Evidence[i]).All(patch => patch.First || !patch.Second));
            Assert.Equal(4, Enumerable.Range(0, 64).Count(patch => result.Left.Kept[i][patch] && !result.Left.Evidence[i][patch]));
            Assert.All(Enumerable.Range(0, 64).Where(patch => result.Left.Evidence[i][patch]), patch => Assert.True(result.Left.Objects[i][patch] > 0));
        }
        Assert.Throws<ArgumentException>(() => harness.Run(Pruners.Evidence(4, 0)));
        Assert.Equal(result.Answers, harness.Run(Pruners.Evidence(4, 0), Execution.Gather, chunk: 1).Answers); // one by one it works
        Assert.Equal(1, harness.Run(Pruners.ObjectsOnly, Execution.Mask).Left.ObjectHitRate);
    }

    [Fact]
    public void Metrics_of_kept_patches_are_those_counted_by_hand()
    {
        // Two samples of four patches. The first shows objects 1, 1, 2 and is asked about 1; the second names none.
        var kept = new KeptPatches([[true, false, false, true], [true, true, false, false]], [[1, 1, 2, 0], [0, 1, 0, 0]], [[true, true, false, false], [false, false, false, false]]);
        Assert.Equal(2 / 4.0, kept.ObjectHitRate);
        Assert.Equal(1 / 2.0, kept.EvidenceHitRate);
        Assert.Equal(2 / 3.0, kept.ObjectCoverage);
        Assert.Equal([1, 0.5, 0, 0.5], kept.Profile);
        var other = kept with { Kept = [[true, true, false, false], [true, true, false, false]] };
        Assert.Equal((1 / 3.0 + 1) / 2, kept.Iou(other), 12);
        Assert.Throws<ArgumentException>(() => kept.Iou(kept with { Kept = [[true, true, true, true]] }));
    }

    [Fact]
    public void A_diverse_set_starts_with_the_loneliest_token_and_goes_on_with_the_farthest()
    {
        // Unit vectors at 0, 10, 90 and 180 degrees, nearest others 10, 10, 80 and 90 away: 180 comes first, then 0, and 90 before 10.
        var angles = tensor(new[] { 0.0, 10, 90, 180 }).mul(Math.PI / 180).to(ScalarType.Float32);
        var tokens = stack([angles.cos(), angles.sin()], -1).unsqueeze(0);
        bool[][] sets = [[false, false, false, true], [true, false, false, true], [true, false, true, true], [true, true, true, true]];
        for (var keep = 1; keep <= 4; keep++) Assert.Equal(sets[keep - 1], KeepSets.MaxMin(tokens, keep)[0].data<bool>().ToArray());

        var many = randn(3, 20, 6, generator: new Generator(4));
        var chosen = KeepSets.MaxMin(many, 7);
        Assert.True(KeepSets.MaxMin(many * rand(3, 20, 1).add(0.5), 7).equal(chosen).all().item<bool>()); // lengths do not matter
        for (var i = 0; i < 3; i++) Assert.Equal(MaxMinByHand(many[i], 7).Order(), Enumerable.Range(0, 20).Where(token => chosen[i, token].item<bool>()));
    }

    [Fact]
    public void The_highest_scores_stay_and_those_that_are_gone_never_come_back()
    {
        var scores = tensor(new[] { 5f, 1, 4, 3, 2 }).unsqueeze(0);
        Assert.Equal([true, false, true, false, false], KeepSets.Top(scores, 2)[0].data<bool>().ToArray());
        Assert.Equal([false, false, true, true, false], KeepSets.Top(scores, 2, tensor(new[] { false, true, true, true, true }).unsqueeze(0))[0].data<bool>().ToArray());
        Assert.Equal(0, KeepSets.Top(scores, 0).sum().item<long>());
        Assert.Throws<ArgumentOutOfRangeException>(() => KeepSets.Top(scores, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeepSets.MaxMin(randn(1, 4, 2), 0));
    }

    [Fact]
    public void A_grid_has_equal_distances_or_is_refused()
    {
        using var one = harness.Questions.Slice(0, 1);
        int[] Chosen(int keep) => [.. Enumerable.Range(0, 64).Where(patch => KeepSets.Grid(one, 8, keep)[0, patch].item<bool>())];
        Assert.Equal([9, 11, 13, 15, 25, 27, 29, 31, 41, 43, 45, 47, 57, 59, 61, 63], Chosen(16));
        Assert.Equal([17, 19, 21, 23, 49, 51, 53, 55], Chosen(8)); // 2 rows of 4
        Assert.Equal(64, Chosen(64).Length);
        Assert.Throws<ArgumentException>(() => KeepSets.Grid(one, 8, 11));
    }

    [Fact]
    public void Schedules_out_of_order_and_several_questions_are_refused()
    {
        static Tensor Any(DecoderPass pass) => pass.Input.ClassAttention;
        Assert.Throws<ArgumentException>(() => new LayerPruner("x", [], Any));
        Assert.Throws<ArgumentException>(() => new LayerPruner("x", [new(2, 8), new(1, 4)], Any));
        Assert.Throws<ArgumentException>(() => new LayerPruner("x", [new(1, 8), new(2, 9)], Any));
        Assert.Throws<ArgumentException>(() => new LayerPruner("x", [new(0, 8)], Any));
        Assert.Throws<ArgumentException>(() => harness.Run(new LayerPruner("x", [new(4, 8)], Any)));
        using var several = QaSet.Easy.Generate(QaSplit.Test, 0, 2, 2);
        Assert.Throws<ArgumentException>(() => new PruneHarness(model, several));
    }

    [Fact]
    public void Running_keeps_no_tensors()
    {
        harness.Run(Pruners.FastV(new PruneStep(1, 8)));
        var before = LiveTensors.Settled();
        foreach (var name in Baselines) harness.Run(Baseline((string)name));
        Assert.Equal(before, RuntimeReport.LiveTensorCount); // not even for the garbage collector
    }

    [Fact]
    public void Scores_count_types_and_their_intervals_cover_the_share()
    {
        var score = VlmScore.Of(
            [QuestionType.Color, QuestionType.Texture, QuestionType.Color, QuestionType.CountAll], [true, true, false, true]);
        Assert.Equal(new BinomialShare(1, 2), score.Types[QuestionType.Color]);
        Assert.Equal((new(3, 4), new(1, 2), new BinomialShare(2, 2)), (score.All, score.Local, score.Global));
        Assert.Equal((0.5 + 1 + 1) / 3, score.MeanOfTypes(), 12);
        Assert.Equal(0.75, score.MeanOfTypes([QuestionType.Color, QuestionType.Texture]), 12);
        var result = harness.Run(Pruners.None);
        Assert.Equal(0.5 / 0.75, (result with { Score = VlmScore.Of([QuestionType.Any, QuestionType.Any], [true, false]) }).RelativeTo(result with { Score = score }), 12);
        Assert.Equal([QuestionType.Texture], score.Learned(VlmScore.Of([QuestionType.Color, QuestionType.Texture, QuestionType.CountAll], [true, false, true])));

        var half = new BinomialShare(192, 384).Interval;
        Assert.Equal(0.05, (half.High - half.Low) / 2, 3); // 384 questions: +-5 points
        Assert.InRange((new BinomialShare(2048, 4096).Interval.High - 0.5) * 100, 1.5, 1.55);
        Assert.Equal(1, new BinomialShare(10, 10).Interval.High, 9);
        Assert.InRange(new BinomialShare(10, 10).Interval.Low, 0.7, 0.75);
    }

    private static IPruner Baseline(string name) => name switch
    {
        "random" => Pruners.Random(8, 0),
        "class attention" => Pruners.ClassAttention(8),
        "uniform grid" => Pruners.Grid(8),
        "DivPrune" => Pruners.DivPrune(8),
        "FastV" => Pruners.FastV(new PruneStep(1, 16), new PruneStep(3, 8)),
        _ => Pruners.Random([new PruneStep(1, 16), new PruneStep(2, 8)], 3),
    };

    private static TinyVlm Make()
    {
        using var generator = manual_seed(11);
        return new(TinyVlmOptions.S);
    }

    private static List<int> MaxMinByHand(Tensor tokens, int keep)
    {
        var count = (int)tokens.shape[0];
        var rows = Enumerable.Range(0, count).Select(i => tokens[i].data<float>().Select(value => (double)value).ToArray()).ToArray();
        double Distance(int i, int j) => 1 - rows[i].Zip(rows[j]).Sum(pair => pair.First * pair.Second) / Math.Sqrt(rows[i].Sum(v => v * v) * rows[j].Sum(v => v * v));
        var all = Enumerable.Range(0, count).ToArray();
        var chosen = new List<int> { all.MaxBy(i => all.Where(j => j != i).Min(j => Distance(i, j))) };
        while (chosen.Count < keep) chosen.Add(all.Except(chosen).MaxBy(i => chosen.Min(j => Distance(i, j))));
        return chosen;
    }
}
