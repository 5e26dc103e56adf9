using Lab.Papers.TransPrune;
using Lab.Tests.VisionLanguage;
using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TransPrune;

public sealed class TransPruneTests : UntrainedVlm
{
    [Theory]
    [InlineData(TransitionVariant.Paper, new[] { 0.2119f, 0.5761f, 0.2119f })]      // softmax of 0, 1, 0
    [InlineData(TransitionVariant.Repository, new[] { 0.0900f, 0.2447f, 0.6652f })] // softmax of 0, 1, 2
    public void A_token_turned_around_counts_in_the_code_but_not_in_the_paper(TransitionVariant variant, float[] expected)
    {
        var variation = TokenTransition.Variation(ones(1, 3), tensor(new float[] { 1, 0, -1 }).unsqueeze(0), ones(1, 3, ScalarType.Bool), variant);
        Near.Equal(tensor(expected).unsqueeze(0), variation, 1e-3);
    }

    [Fact]
    public void Longer_outputs_scale_all_and_the_identity_ranks_none()
    {
        var (input, output, among) = (randn(2, 6, 5), randn(2, 6, 5), ones(2, 6, ScalarType.Bool));
        var once = TokenTransition.Variation(TokenTransition.Magnitude(input, output), TokenTransition.Direction(input, output), among, TransitionVariant.Paper);
        var thrice = TokenTransition.Variation(TokenTransition.Magnitude(input, 3 * output), TokenTransition.Direction(input, 3 * output), among, TransitionVariant.Paper);
        Near.Equal(3 * once, thrice, 1e-5);
        Near.Equal(ones(2, 6), TokenTransition.Magnitude(input, input), 1e-5);
        Near.Equal(ones(2, 6), TokenTransition.Direction(input, input), 1e-5);
        var none = TokenTransition.Variation(TokenTransition.Magnitude(input, input), TokenTransition.Direction(input, input), among, TransitionVariant.Paper);
        Near.Equal(full(2, 6, 1 / 6f), none, 1e-5);
    }

    [Fact]
    public void Only_tokens_that_are_alive_take_part_in_the_softmax()
    {
        var among = tensor(new[] { true, false, true }).unsqueeze(0);
        var variation = TokenTransition.Variation(ones(1, 3), zeros(1, 3), among, TransitionVariant.Paper);
        Assert.Equal([0.5f, 0, 0.5f], variation.data<float>().ToArray());
        Near.Equal(tensor(new float[] { 2, 0, 2 }).unsqueeze(0), TokenTransition.Variation(full(1, 3, 2f), zeros(1, 3), among, TransitionVariant.Paper, TransitionQuantity.Magnitude));
        Near.Equal(tensor(new[] { 0.5f, 0, 0.5f }).unsqueeze(0), TokenTransition.Variation(full(1, 3, 2f), zeros(1, 3), among, TransitionVariant.Paper, TransitionQuantity.Direction));
    }

    [Fact]
    public void The_cost_model_gives_the_paper_s_figures()
    {
        var llava = CostModel.Llava7B;
        double Of(PruneSchedule schedule, int tokens = 576) => Math.Round(llava.Total(schedule.Alive(tokens, 32)) / 1e12, 3);
        double Steps(params (int Layers, int Tokens)[] parts) => Math.Round(llava.Total([.. parts.SelectMany(part => Enumerable.Repeat(part.Tokens, part.Layers))]) / 1e12, 3);
        PruneSchedule At(int a, int b, int c) => PruneSchedule.OfficialHigh with { Accumulated = [.. Enumerable.Range(a, c - a + 1)], Pruned = [a, b, c] };

        Assert.Equal(3.817, Steps((32, 576)));
        Assert.Equal(20.825, Steps((32, 2880)));
        Assert.Equal(1.557, Of(PruneSchedule.OfficialHigh));
        Assert.Equal(8.330, Of(PruneSchedule.OfficialHigh, 2880));
        Assert.Equal(1.19, Of(PruneSchedule.OfficialLow), 0.0051);
        Assert.Equal(6.41, Of(PruneSchedule.OfficialLow, 2880), 0.005);
        Assert.Equal([1.348, 1.453, 1.662, 1.767], new[] { At(5, 7, 10), At(6, 8, 11), At(8, 10, 13), At(9, 11, 14) }.Select(schedule => Of(schedule)));
        Assert.Equal(2.007, Steps((2, 576), (30, 288)));
        Assert.Equal(1.118, Steps((2, 576), (30, 144)));
        Assert.Equal(1.777, Steps((8, 576), (8, 288), (8, 144), (8, 72)));
        Assert.Equal(1.887, Steps((32, 288)));
        Assert.Throws<ArgumentException>(() => llava.Total([576]));
    }

    [Fact]
    public void Small_decoders_cost_what_the_specification_counts()
    {
        var (small, medium) = (CostModel.Tiny(4, 48), CostModel.Tiny(8, 64));
        Assert.Equal(12 * 64.0 * 48 * 48 + 2 * 64.0 * 64 * 48, small.Layer(64));
        Assert.Equal(0.6357, small.Share(PruneSchedule.SmallHigh, 64), 5e-5);
        Assert.Equal(0.4860, medium.Share(PruneSchedule.MediumHigh, 64), 5e-5);
        Assert.Equal(0.4485, small.Share(PruneSchedule.SmallLow, 64), 5e-5);
        Assert.Equal(0.3717, medium.Share(PruneSchedule.MediumLow, 64), 5e-5);
    }

    [Fact]
    public void Numbers_of_tokens_are_cut_to_whole_ones()
    {
        Assert.Equal([504, 360, 72], PruneSchedule.OfficialHigh.Keep(576));
        Assert.Equal([56, 40, 8], PruneSchedule.SmallHigh.Keep(64));
        Assert.Equal([40, 12, 4], PruneSchedule.SmallLow.Keep(64));
        Assert.Equal([16, 8, 8], PruneSchedule.SmallHarsh.Keep(64));
        Assert.Equal([64, 56, 40, 8], PruneSchedule.SmallHigh.Alive(64, 4));
        Assert.Equal([64, 64, 56, 40, 8, 8, 8, 8], PruneSchedule.MediumHigh.Alive(64, 8));
    }

    [Fact]
    public void Schedules_that_contradict_themselves_or_the_decoder_are_refused()
    {
        var good = PruneSchedule.SmallHigh;
        Assert.Contains("not behind layer 4", Refused(good with { Accumulated = [1, 2, 4], Pruned = [1, 2, 4] }));
        Assert.Contains("not behind layer 0", Refused(good with { Accumulated = [0, 1, 2], Pruned = [0, 1, 2] }));
        Assert.Contains("ascend", Refused(good with { Pruned = [2, 1, 3] }));
        Assert.Contains("not accumulated", Refused(good with { Accumulated = [1, 2] }));
        Assert.Contains("do not grow", Refused(good with { Ratios = [0.1, 0.5, 0.1] }));
        Assert.Contains("(0, 1]", Refused(good with { Ratios = [1.5, 0.5, 0.1] }));
        Assert.Contains("needs a ratio", Refused(good with { Ratios = [0.5] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TransPruner("x", good) { Alpha = 1.1 });

        string Refused(PruneSchedule schedule) => Assert.Throws<ArgumentException>(() => Harness.Run(new TransPruner("x", schedule))).Message;
    }

    [Fact]
    public void Hidden_or_taken_out_the_same_tokens_are_kept_and_the_same_answers_given()
    {
        foreach (var variant in Enum.GetValues<TransitionVariant>())
            foreach (var schedule in new[] { PruneSchedule.SmallHigh, PruneSchedule.SmallHarsh })
            {
                var pruner = new TransPruner("x", schedule) { Variant = variant };
                var (hidden, taken) = (Harness.Run(pruner, Execution.Mask), Harness.Run(pruner, chunk: 8));
                Assert.Equal(hidden.Left.Kept, taken.Left.Kept);
                Assert.Equal(hidden.Answers, taken.Answers);
                Assert.Equal(schedule.Alive(64, 4).Select(count => (double)count), taken.Alive);
            }
    }

    [Fact]
    public void Kept_tokens_are_a_subset_of_those_before_and_keeping_all_changes_nothing()
    {
        var seen = new List<long[]>();
        Harness.Run(new Spy(new TransPruner("x", PruneSchedule.SmallHigh), pass => seen.Add(pass.Sequence.Patches[0].data<long>().ToArray())), chunk: 24);
        foreach (var (before, after) in seen.Skip(3).Zip(seen.Skip(4))) // the harness runs the first chunk twice
        {
            Assert.Equal(after.Order(), after);
            Assert.Empty(after.Except(before));
        }
        var all = new TransPruner("x", PruneSchedule.SmallHigh with { Ratios = [1, 1, 1] });
        Assert.Equal(Harness.Run(Pruners.None).Answers, Harness.Run(all).Answers);
    }

    [Fact]
    public void Alpha_one_ranks_by_transitions_and_alpha_zero_by_attention()
    {
        var checkedPasses = 0;
        Harness.Run(new Spy(new TransPruner("x", PruneSchedule.SmallHigh), pass =>
        {
            using var inner = NewDisposeScope();
            var (transitions, attention) = (new TransPruner("t", PruneSchedule.SmallHigh) { Alpha = 1 }, new TransPruner("a", PruneSchedule.SmallHigh) { Alpha = 0 });
            Near.Equal(transitions.Transitions(pass) / transitions.Transitions(pass).sum([1L], keepdim: true), transitions.Scores(pass), 1e-4);
            var instruction = TransPruner.InstructionAttention(pass);
            Near.Equal(instruction / instruction.sum([1L], keepdim: true), attention.Scores(pass), 1e-4);
            Near.Equal(ones(pass.Sequence.Patches.shape[0]), transitions.Scores(pass).sum([1L]), 1e-4);
            checkedPasses++;
        }));
        Assert.True(checkedPasses >= 3);
    }

    [Fact]
    public void The_attention_of_an_instruction_row_sums_to_one_over_all_it_sees() => Harness.Run(new Spy(new TransPruner("x", PruneSchedule.SmallHigh), pass =>
    {
        using var inner = NewDisposeScope();
        var rows = pass.NextAttention().narrow(2, pass.Sequence.FirstText, 4).sum(-1);
        Near.Equal(ones_like(rows), rows, 1e-5);
        Assert.True(TransPruner.InstructionAttention(pass).sum([1L]).max().item<float>() < 1);
    }));

    [Fact]
    public void Transitions_of_earlier_layers_stay_with_their_tokens()
    {
        Harness.Run(new Spy(new TransPruner("x", PruneSchedule.SmallHigh), pass =>
        {
            if (pass.Layer != 2) return;
            using var inner = NewDisposeScope();
            var pruner = new TransPruner("x", PruneSchedule.SmallHigh);
            var first = TokenTransition.OfLayer(pass.Layers[0], TransitionVariant.Paper); // [B, 64]
            var second = TokenTransition.OfLayer(pass.Layers[1], TransitionVariant.Paper); // [B, 56]
            Near.Equal(first.gather(1, pass.Sequence.Patches) + second, pruner.Transitions(pass), 1e-5);
            Near.Equal(second, new TransPruner("x", PruneSchedule.SmallHigh) { Accumulates = false }.Transitions(pass), 1e-6);
        }));
    }

    // Looks at every pass before it prunes.
    private sealed class Spy(IPruner pruner, Action<DecoderPass> look) : IPruner
    {
        public string Name => pruner.Name;

        public Tensor? AfterLayer(DecoderPass pass)
        {
            look(pass);
            return pruner.AfterLayer(pass);
        }
    }
}
