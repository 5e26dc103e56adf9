using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.VisionLanguage;

public sealed class TinyVlmTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly TinyVlm model = Make(TinyVlmOptions.S);
    private readonly QaBatch batch = QaSet.Easy.Generate(QaSplit.Test, 0, 3, 8);

    public void Dispose()
    {
        batch.Dispose();
        model.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData("S", 61_056, 4_656, 52, 116_592, 182_356)]
    [InlineData("M", 155_264, 8_256, 68, 401_728, 565_316)]
    [InlineData("L", 3_226_624, 131_328, 260, 9_473_280, 12_831_492)]
    public void Parameters_are_those_of_the_specification(string size, long encoder, long projector, long heads, long decoder, long all)
    {
        using var sized = Make(Size(size));
        long Count(nn.Module module) => module.parameters().Sum(parameter => parameter.numel());
        Assert.Equal(encoder, Count(sized.Vision.Encoder));
        Assert.Equal(projector, Count(sized.Vision.Projector));
        Assert.Equal(heads, Count(sized.Vision.Alignment));
        Assert.Equal(decoder, Count(sized.Decoder) + sized.Vision.Words.numel());
        Assert.Equal(all, Count(sized));
    }

    [Theory]
    [InlineData("S", 8, 41.4)]
    [InlineData("S", 1, 29.0)]
    [InlineData("M", 8, 129.0)]
    [InlineData("M", 1, 89.0)]
    [InlineData("L", 8, 8651)]
    public void Operations_are_those_of_the_specification(string size, int questions, double million)
    {
        var cost = VlmCost.Of(Size(size), questions);
        Assert.Equal(million, Math.Round((cost.Total - cost.Head) / 1e6, million > 1000 ? 0 : 1)); // the specification leaves the output layer out: 0.1 %
        Assert.InRange(cost.Head / cost.Total, 0, 0.0015);
        if (size == "S") Assert.Equal(9.1, Math.Round(cost.Encoder / 1e6, 1));
        if (size == "M") Assert.Equal(22.8, Math.Round(cost.Encoder / 1e6, 1));
    }

    [Fact]
    public void Several_questions_in_one_sequence_are_answered_as_each_would_be_alone()
    {
        var packed = Answers(batch.Words); // [3, 8, 58]
        for (var q = 0; q < 8; q++) Near.Equal(Answers(batch.Words.narrow(1, q, 1)), packed.narrow(1, q, 1), 1e-4);
        Near.Equal(model.call(batch.Images, batch.Words.select(1, 0)), packed.select(1, 0), 1e-4);
    }

    [Fact]
    public void Another_question_behind_changes_no_answer_before_and_no_answer_elsewhere()
    {
        var other = batch.Words.clone();
        other.narrow(1, 7, 1).copy_(tensor(new long[] { QaWords.Id("count"), QaWords.Id("all"), QaWords.Id("objects") }));
        using var changed = other.select(1, 7).ne(batch.Words.select(1, 7)).any(1); // at least one of the last questions is another now
        Assert.True(changed.any().item<bool>());
        var (before, after) = (Answers(batch.Words), Answers(other));
        Assert.True(before.narrow(1, 0, 7).equal(after.narrow(1, 0, 7)).all().item<bool>());
        Assert.False(before.select(1, 7).equal(after.select(1, 7)).all().item<bool>());
    }

    [Fact]
    public void Nothing_looks_ahead_into_another_question_or_at_hidden_tokens()
    {
        var keep = rand(3, 64) < 0.4;
        var sequence = model.Ask(Visual(), batch.Words).Keep(keep, Execution.Mask, Positions.Keep);
        for (var layer = 1; layer <= model.Decoder.Depth; layer++)
        {
            var (next, taps) = model.Decoder.Layer(layer, sequence);
            var looks = taps.Attention.ne(0).any(1); // [B, N, N], exactly 0 or not
            for (var row = 0; row < sequence.Length; row++)
                for (var column = 0; column < sequence.Length; column++)
                {
                    var question = (int index) => index < 65 ? -1 : (index - 65) / 5;
                    var allowed = column <= row && (column < 65 || question(row) == question(column));
                    if (!allowed) Assert.False(looks[.., row, column].any().item<bool>());
                    else if (row % 20 == 0) Assert.True(looks[.., row, column].equal(column is > 0 and < 65 ? keep[.., column - 1] : ones(3, dtype: ScalarType.Bool)).all().item<bool>());
                }
            Near.Equal(ones(3, 4, sequence.Length), taps.Attention.sum([-1L]));
            sequence = next;
        }
    }

    [Fact]
    public void The_class_token_pays_one_unit_of_attention_in_every_layer()
    {
        var features = model.Vision.Encoder.call(batch.Images);
        Assert.Equal(2, features.Attention.Count);
        foreach (var map in features.Attention)
        {
            Assert.Equal([3, 4, 65, 65], map.shape);
            Near.Equal(ones(3, 4), map.select(2, 0).sum([-1L]));
        }
        Near.Equal(ones(3), features.ClassAttention().sum([1L]));
        Assert.True((features.ClassAttention() > 0).all().item<bool>());
    }

    [Fact]
    public void Taps_are_module_inputs_and_outputs_and_belong_to_the_graph()
    {
        var sequence = model.Ask(Visual(), batch.Words);
        var (next, taps) = model.Decoder.Layer(2, sequence);
        Near.Equal(next.Tokens, sequence.Tokens + taps.AttentionOutput + taps.MlpOutput); // raw outputs, before they are added
        Near.Equal(ones(3, sequence.Length), taps.AttentionInput.square().mean([-1L]), 1e-3); // normalized: root mean square 1
        Near.Equal(ones(3, sequence.Length), taps.MlpInput.square().mean([-1L]), 1e-3);
        Near.Equal(model.Decoder.Attention(2, sequence), taps.Attention);

        var gradient = autograd.grad([model.Decoder.Answers(next).max()], [taps.Attention])[0];
        Assert.True(gradient.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void A_last_layer_for_the_answers_alone_gives_the_answers_and_gradients_of_a_whole_one()
    {
        var keep = (arange(64) % 3).eq(0).unsqueeze(0).expand(3, -1);
        foreach (var execution in Enum.GetValues<Execution>())
        {
            var sequence = model.Ask(Visual(), batch.Words).Keep(keep, execution, Positions.Keep);
            var (whole, alone) = (model.Decoder.Answers(model.Decoder.call(sequence)), model.Decoder.Answer(sequence));
            Near.Equal(whole, alone, 1e-5);
            Tensor[] weights = [.. model.Decoder.parameters()];
            foreach (var (expected, gradient) in Gradients(whole).Zip(Gradients(alone))) Near.Equal(expected, gradient, 1e-4);

            IList<Tensor> Gradients(Tensor answers) => autograd.grad([answers.square().sum()], weights);
        }
    }

    [Fact]
    public void Hiding_tokens_and_taking_them_out_give_the_same_answers_at_the_input_and_between_layers()
    {
        foreach (var positions in Enum.GetValues<Positions>())
            foreach (var layer in new[] { 0, 1, 3 })
            {
                var (hidden, taken) = (Pruned(layer, Execution.Mask, positions), Pruned(layer, Execution.Gather, positions));
                Near.Equal(hidden, taken, 1e-4);
                Assert.True(Near.RelativeError(Answers(batch.Words), taken) > 1e-3);
            }

        Tensor Pruned(int after, Execution execution, Positions positions)
        {
            var scores = tensor(Enumerable.Range(0, 3 * 64).Select(i => (i * 37 % 101) / 101f).ToArray(), [3, 64]);
            var sequence = model.Ask(Visual(), batch.Words);
            for (var layer = 1; layer <= model.Decoder.Depth; layer++)
            {
                if (layer == after + 1) sequence = sequence.Keep(Lab.VisionLanguage.Pruning.KeepSets.Top(scores, 20), execution, positions);
                sequence = model.Decoder.Layer(layer, sequence).Sequence;
            }
            return model.Decoder.Answers(sequence);
        }
    }

    [Fact]
    public void Tokens_that_are_taken_out_twice_leave_a_subset_with_its_own_or_new_positions()
    {
        var sequence = model.Ask(Visual(), batch.Words.narrow(1, 0, 1));
        var even = (arange(64) % 2).eq(0).unsqueeze(0).expand(3, -1);
        var half = sequence.Keep(even, Execution.Gather, Positions.Keep);
        var first = half.Keep((arange(32) < 3).unsqueeze(0).expand(3, -1), Execution.Gather, Positions.Keep);
        Assert.Equal([0L, 2, 4], first.Patches[0].data<long>());
        Assert.Equal([0L, 1, 3, 5, 65, 66, 67, 68, 69], first.Places[0].data<long>());
        Assert.Equal((9, 3, 4), (first.Length, first.VisualCount, first.FirstText));

        var renumbered = half.Keep((arange(32) < 3).unsqueeze(0).expand(3, -1), Execution.Gather, Positions.Renumber);
        Assert.Equal(Enumerable.Range(0, 9).Select(i => (long)i), renumbered.Places[0].data<long>());

        var none = half.Keep(zeros(3, 32, dtype: ScalarType.Bool), Execution.Gather, Positions.Keep);
        Assert.Equal([0L, 65, 66, 67, 68, 69], none.Places[0].data<long>());
        Assert.Equal([3, 1, 58], model.Decoder.Answers(model.Decoder.call(none)).shape);
    }

    [Fact]
    public void Keeping_all_tokens_changes_no_bit_of_the_answers()
    {
        var all = ones(3, 64, dtype: ScalarType.Bool);
        foreach (var execution in Enum.GetValues<Execution>())
            foreach (var positions in Enum.GetValues<Positions>())
            {
                var sequence = model.Ask(Visual(), batch.Words).Keep(all, execution, positions);
                Assert.True(Answers(batch.Words).equal(model.Decoder.Answers(model.Decoder.call(sequence))).all().item<bool>());
            }
    }

    [Fact]
    public void Numbers_that_differ_cannot_be_taken_out_and_masks_of_another_shape_are_refused()
    {
        var sequence = model.Ask(Visual(), batch.Words);
        var uneven = zeros(3, 64, dtype: ScalarType.Bool);
        uneven[0, 5] = tensor(true);
        Assert.Contains("Between 0 and 1", Assert.Throws<ArgumentException>(() => sequence.Keep(uneven, Execution.Gather, Positions.Keep)).Message);
        Assert.Equal([3, 8, 58], model.Decoder.Answers(model.Decoder.call(sequence.Keep(uneven, Execution.Mask, Positions.Keep))).shape);
        Assert.Throws<ArgumentException>(() => sequence.Keep(ones(3, 63, dtype: ScalarType.Bool), Execution.Mask, Positions.Keep));
        Assert.Throws<ArgumentException>(() => sequence.Keep(ones(3, 64), Execution.Mask, Positions.Keep));
    }

    [Fact]
    public void Keys_start_as_a_copy_of_the_queries_and_are_no_shared_tensor()
    {
        foreach (var stack in new nn.Module[] { model.Decoder, model.Vision.Encoder })
        {
            var weight = stack.state_dict()["blocks.1.attention.qkv.weight"];
            Assert.True(weight.narrow(0, 0, 48).equal(weight.narrow(0, 48, 48)).all().item<bool>());
            Assert.False(weight.narrow(0, 0, 48).equal(weight.narrow(0, 96, 48)).any().item<bool>());
            using (no_grad()) weight.narrow(0, 0, 48).zero_();
            Assert.True(weight.narrow(0, 48, 48).abs().sum().item<float>() > 0);
        }
    }

    [Fact]
    public void Grid_embeddings_add_a_vector_per_row_and_column()
    {
        using var placed = Make(TinyVlmOptions.S with { GridEmbedding = true });
        Assert.Equal(182_356 + 2 * 8 * 48, placed.parameters().Sum(parameter => parameter.numel()));
        var table = placed.Place(zeros(1, 64, 48)).view(8, 8, 48);
        Near.Equal(table[2, 3] - table[2, 5], table[6, 3] - table[6, 5], 1e-4); // the rows' part cancels
    }

    [Fact]
    public void Sizes_outside_their_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Make(TinyVlmOptions.S with { Heads = 5 }));
        Assert.Throws<ArgumentException>(() => Make(TinyVlmOptions.S with { VisionDim = 50 }));
        Assert.Throws<ArgumentException>(() => Make(TinyVlmOptions.S with { ImageSize = 30 }));
        Assert.Throws<ArgumentException>(() => Make(TinyVlmOptions.S with { Depth = 0 }));
        Assert.Throws<ArgumentException>(() => VlmCost.Of(TinyVlmOptions.S, [70, 70]));
    }

    private static TinyVlm Make(TinyVlmOptions options)
    {
        using var generator = manual_seed(11);
        return new(options);
    }

    private static TinyVlmOptions Size(string name) => name switch { "S" => TinyVlmOptions.S, "M" => TinyVlmOptions.M, _ => TinyVlmOptions.L };

    private Tensor Visual() => model.VisualTokens(model.Vision.Encoder.call(batch.Images));

    private Tensor Answers(Tensor words) => model.Decoder.Answers(model.Decoder.call(model.Ask(Visual(), words)));
}
