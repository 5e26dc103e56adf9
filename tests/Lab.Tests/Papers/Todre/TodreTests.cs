using Lab.Papers.Todre;
using Lab.Tests.VisionLanguage;
using Lab.Tokens;
using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.Todre;

public sealed class TodreTests : UntrainedVlm
{
    [Fact]
    public void What_the_paper_reports_follows_from_its_numbers()
    {
        var times = TodreReported.Times;
        Assert.Equal(2.593, times[0] / times[2], 5e-4);
        Assert.Equal(0.425, 1 - times[1] / times[0], 5e-4);
        Assert.Equal(0.614, 1 - times[2] / times[0], 5e-4);
        Assert.Equal(0.9502, TodreReported.RelativeAverage(TodreReported.Tenth, TodreReported.All), 5e-5);
        Assert.Equal(0.9825, TodreReported.RelativeAverage(TodreReported.Quarter, TodreReported.All), 5e-5);
    }

    [Fact]
    public void Shares_of_attention_lie_between_0_and_1_and_add_up()
    {
        var attention = rand(2, 7, 7).softmax(-1);
        Tensor Set(params int[] members) => tensor(Enumerable.Range(0, 7).Select(members.Contains).ToArray()).unsqueeze(0).expand(2, -1);
        var (system, vision, text) = (Set(0), Set(1, 2, 3), Set(4, 5, 6));
        var toText = CrossModalRatio.Of(attention, text, text).TextToVision; // text's attention to itself
        var sum = CrossModalRatio.Of(attention, vision, text).TextToVision + CrossModalRatio.Of(attention, system, text).TextToVision + toText;
        Near.Equal(ones(2), sum, 1e-5);
        var ratio = CrossModalRatio.Of(attention, vision, text);
        Near.Equal(attention[.., 4.., 1..4].sum([1L, 2L]) / 3, ratio.TextToVision, 1e-5);
        Near.Equal(attention[.., 1..4, 4..].sum([1L, 2L]) / 3, ratio.VisionToText, 1e-5);
    }

    [Fact]
    public void Under_a_causal_mask_what_comes_first_never_looks_at_what_comes_later()
    {
        var attention = rand(2, 6, 6).masked_fill(ones(6, 6, ScalarType.Bool).tril().logical_not(), float.NegativeInfinity).softmax(-1);
        var (first, last) = (tensor(new[] { true, true, true, false, false, false }).unsqueeze(0).expand(2, -1), tensor(new[] { false, false, false, true, true, true }).unsqueeze(0).expand(2, -1));
        Assert.Equal(0, CrossModalRatio.Of(attention, vision: first, text: last).VisionToText.max().item<float>());
        Assert.True(CrossModalRatio.Of(attention, vision: first, text: last).TextToVision.min().item<float>() > 0);
        Assert.Equal(0, CrossModalRatio.Of(attention, vision: last, text: first).TextToVision.max().item<float>());
        Harness.Run(new Spy(pass =>
        {
            var ratio = CrossModalRatio.Of(pass.Layers[^1]);
            Assert.Equal(0, ratio.VisionToText.max().item<float>());
            Assert.InRange(ratio.TextToVision.min().item<float>(), 1e-6f, 1);
        }));
    }

    [Fact]
    public void A_threshold_of_0_never_drops_and_one_above_1_always_does()
    {
        var all = Harness.Run(Pruners.None);
        Assert.Equal(all.Answers, Harness.Run(new TodrePruner("x", null)).Answers);
        Assert.Equal(all.Answers, Harness.Run(new TodrePruner("x", 64) { Threshold = 0 }).Answers);
        var dropped = Harness.Run(new TodrePruner("x", null) { Threshold = 1.1 });
        Assert.Equal([64.0, 64, 64, 0], dropped.Alive); // floor(7 L / 8) = 3 of 4
        Assert.Equal([64.0, 64, 0, 0], Harness.Run(new TodrePruner("x", null) { Threshold = 1.1, CandidateLayer = 2 }).Alive);
        Assert.Equal(dropped.Answers, Harness.Run(new TodrePruner("x", null) { Threshold = 1.1 }, Execution.Mask).Answers);
    }

    [Fact]
    public void The_rule_drops_the_samples_below_the_threshold_alone()
    {
        var shares = new List<float>();
        Harness.Run(new Spy(pass =>
        {
            if (pass.Layer == 3) shares.AddRange(CrossModalRatio.Of(pass.Layers[^1]).TextToVision.data<float>());
        }));
        var half = shares.TakeLast(24).Order().ElementAt(12);
        var kept = Harness.Run(new TodrePruner("x", null) { Threshold = half }, Execution.Mask).Left.Kept;
        Assert.Equal(shares.TakeLast(24).Select(share => share >= half), kept.Select(sample => sample.All(one => one)));
        Assert.Equal(12, kept.Count(sample => sample.All(one => !one)));
    }

    [Fact]
    public void Tokens_enter_in_the_order_of_the_picture_from_every_pivot()
    {
        foreach (var pivot in Enum.GetValues<Pivot>())
            foreach (var rule in Enum.GetValues<DiversityRule>())
            {
                var pruner = new TodrePruner("x", 9) { Pivot = pivot, Rule = rule, Seed = 1 };
                Harness.Run(new InputSpy(pruner, (input, kept) =>
                {
                    var order = pruner.Order(input, 9);
                    Assert.Equal(order.sort(1).Values.data<long>().ToArray(), kept.nonzero().select(1, 1).data<long>().ToArray());
                    Assert.Equal(Pivots.Of(input, input.Visual, pivot, 1).data<long>().ToArray(), order[.., 0].contiguous().data<long>().ToArray());
                }));
            }
    }

    [Fact]
    public void Pivots_are_what_they_say()
    {
        Harness.Run(new InputSpy(new TodrePruner("x", 4), (input, _) =>
        {
            var toMean = nn.functional.cosine_similarity(input.Visual, input.Visual.mean([1L], keepdim: true), -1);
            Near.Equal(input.ClassAttention.argmax(1), Pivots.Of(input, input.Visual, Pivot.Class, 0), 0);
            Near.Equal(toMean.argmax(1), Pivots.Of(input, input.Visual, Pivot.Centre, 0), 0);
            Near.Equal(toMean.argmin(1), Pivots.Of(input, input.Visual, Pivot.Farthest, 0), 0);
            Assert.True(Pivots.Of(input, input.Visual, Pivot.Random, 0).data<long>().ToArray().Distinct().Count() > 5);
        }));
    }

    [Fact]
    public void Likeness_is_the_mean_cosine_of_all_pairs()
    {
        var tokens = randn(1, 5, 3);
        var kept = tensor(new[] { true, false, true, true, false }).unsqueeze(0);
        var (a, b, c) = (tokens[0][0], tokens[0][2], tokens[0][3]);
        double Cosine(Tensor x, Tensor y) => nn.functional.cosine_similarity(x, y, 0).item<float>();
        Assert.Equal((Cosine(a, b) + Cosine(a, c) + Cosine(b, c)) / 3, Redundancy.MeanCosine(tokens, kept), 1e-5);
        Assert.Equal(0, Redundancy.MeanCosine(tokens, tensor(new[] { true, false, false, false, false }).unsqueeze(0)), 1e-6);
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        Assert.Contains("64", Assert.Throws<ArgumentOutOfRangeException>(() => Harness.Run(new TodrePruner("x", 65))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Harness.Run(new TodrePruner("x", 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TodrePruner("x", 4) { Threshold = -0.1 });
        Assert.Contains("not behind layer 4", Assert.Throws<ArgumentException>(() => Harness.Run(new TodrePruner("x", 4) { CandidateLayer = 4 })).Message);
        Assert.Contains("not behind layer 0", Assert.Throws<ArgumentException>(() => Harness.Run(new TodrePruner("x", 4) { CandidateLayer = 0 })).Message);
    }

    // Keeps all tokens and looks behind every layer but the last.
    private sealed class Spy(Action<DecoderPass> look) : IPruner
    {
        public string Name => "spy";

        public Tensor? AfterLayer(DecoderPass pass)
        {
            look(pass);
            return null;
        }
    }

    private sealed class InputSpy(IPruner pruner, Action<PruneInput, Tensor> look) : IPruner
    {
        public string Name => pruner.Name;

        public Tensor? AtInput(PruneInput input)
        {
            var kept = pruner.AtInput(input)!;
            look(input, kept);
            return kept;
        }
    }
}
