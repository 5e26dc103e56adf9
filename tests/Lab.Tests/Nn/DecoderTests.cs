using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class DecoderTests : IDisposable
{
    private static readonly DecoderOptions small = new(Vocabulary: 50, Dim: 16, Depth: 3, Heads: 2, Context: 24);
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<DecoderPosition> Positions => [DecoderPosition.Learned, DecoderPosition.Rotary, DecoderPosition.None];

    [Fact]
    public void Gpt_2_has_its_124_million_parameters() =>
        Assert.Equal(124_439_808, new DecoderOptions(50257, 768, 12, 12, 1024).Parameters);

    [Theory]
    [InlineData(256, 124_672, 842_496, 4_870_144, 25_613_312)]
    [InlineData(1024, 173_824, 940_800, 5_066_752, 26_006_528)]
    [InlineData(4096, 370_432, 1_334_016, 5_853_184, 27_579_392)]
    public void The_named_sizes_have_their_parameters(int vocabulary, long nano, long micro, long mini, long large) =>
        Assert.Equal([nano, micro, mini, large], new[] { DecoderOptions.Nano(vocabulary), DecoderOptions.Micro(vocabulary), DecoderOptions.Mini(vocabulary), DecoderOptions.Small(vocabulary) }.Select(o => o.Parameters));

    [Fact]
    public void Training_costs_the_operations_of_the_formula()
    {
        Assert.Equal(0.88, DecoderOptions.Nano(256).TrainingFlops / 1e6, 0.01);
        Assert.Equal(6.29, DecoderOptions.Micro(1024).TrainingFlops / 1e6, 0.01);
        Assert.Equal(39.3, DecoderOptions.Mini(4096).TrainingFlops / 1e6, 0.1);
    }

    [Theory]
    [MemberData(nameof(Positions))]
    public void The_formula_counts_what_the_module_holds(DecoderPosition position)
    {
        foreach (var tied in new[] { true, false })
        {
            using var model = new Decoder(small with { Position = position, TiedOutput = tied });
            Assert.Equal(model.Options.Parameters, model.parameters().Sum(p => p.numel()));
        }
    }

    [Theory]
    [MemberData(nameof(Positions))]
    public void No_token_sees_a_later_one(DecoderPosition position)
    {
        using var model = Far(small with { Position = position });
        var ids = randint(50, [2, 10], generator: new Generator(1));
        var changed = ids.clone();
        changed[.., 6..] = (changed[.., 6..] + 1).remainder(50);
        var (before, after) = (model.call(ids), model.call(changed));
        Near.Equal(before[.., ..6], after[.., ..6], 1e-6);
        Assert.True(Near.RelativeError(before[.., 6..], after[.., 6..]) > 1e-3);
    }

    [Theory]
    [MemberData(nameof(Positions))]
    public void Logits_with_a_cache_are_those_of_the_whole_sequence(DecoderPosition position)
    {
        using var noGrad = no_grad();
        using var model = Far(small with { Position = position });
        using var cache = new KeyValueCache(model.Options, batch: 2);
        var ids = randint(50, [2, 20], generator: new Generator(1));
        var whole = model.call(ids);

        var parts = new List<Tensor>();
        foreach (var (start, end) in new[] { (0, 7), (7, 8), (8, 13), (13, 20) }) parts.Add(model.Continue(ids[.., start..end], cache));
        Near.Equal(whole, cat(parts, 1), 1e-4);

        cache.Truncate(9); // as if the last 11 had not been
        Near.Equal(whole[.., 9..12], model.Continue(ids[.., 9..12], cache), 1e-4);
        Assert.Equal(12, cache.Length);
    }

    [Fact]
    public void Order_matters_unless_only_the_mask_gives_it()
    {
        var ids = tensor(new long[,] { { 1, 2, 3, 4 } });
        var swapped = tensor(new long[,] { { 2, 1, 3, 4 } });
        foreach (var position in new[] { DecoderPosition.Learned, DecoderPosition.Rotary })
        {
            using var model = Far(small with { Position = position });
            Assert.True(Near.RelativeError(model.call(ids)[.., 3], model.call(swapped)[.., 3]) > 1e-3);
        }
        using var shallow = Far(small with { Position = DecoderPosition.None, Depth = 1 });
        Near.Equal(shallow.call(ids)[.., 3], shallow.call(swapped)[.., 3]); // one layer sees a set
    }

    [Fact]
    public void Weights_start_small_and_those_of_residual_branches_smaller()
    {
        using var model = new Decoder(new DecoderOptions(400, 64, 8, 4, 64));
        Assert.InRange(model.get_parameter("transformer.h.3.mlp.c_fc.weight")!.std().item<float>(), 0.95 * 0.02, 1.05 * 0.02);
        Assert.InRange(model.get_parameter("transformer.h.3.mlp.c_proj.weight")!.std().item<float>(), 0.95 * 0.005, 1.05 * 0.005);
        Assert.InRange(model.get_parameter("transformer.h.3.attn.c_proj.weight")!.std().item<float>(), 0.95 * 0.005, 1.05 * 0.005);
        Assert.Equal(0, model.get_parameter("transformer.h.3.attn.c_attn.bias")!.abs().sum().item<float>());
    }

    [Fact]
    public void A_frozen_embedding_gets_no_gradient()
    {
        using var model = new Decoder(small with { FrozenEmbedding = true });
        Assert.False(model.get_parameter("transformer.wte.weight")!.requires_grad);
        Assert.True(model.get_parameter("transformer.wpe.weight")!.requires_grad);
    }

    [Fact]
    public void Wrong_sizes_and_sequences_are_refused()
    {
        Assert.Contains("3 heads do not divide", Assert.Throws<ArgumentException>(() => new Decoder(small with { Heads = 3 })).Message);
        Assert.Contains("even width", Assert.Throws<ArgumentException>(() => new Decoder(small with { Dim = 6, Position = DecoderPosition.Rotary })).Message);
        Assert.Throws<ArgumentException>(() => new Decoder(small with { Depth = 0 }));
        using var model = new Decoder(small);
        Assert.Contains("25 tokens is longer than the context of 24", Assert.Throws<ArgumentException>(() => model.call(zeros([1, 25], ScalarType.Int64))).Message);
        using var cache = new KeyValueCache(small);
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(1));
    }

    // Weights far from their small start, where every part of the model shows.
    private static Decoder Far(DecoderOptions options)
    {
        manual_seed(4);
        var model = new Decoder(options);
        using var noGrad = no_grad();
        foreach (var parameter in model.parameters()) parameter.add_(randn_like(parameter) * 0.3);
        model.eval();
        return model;
    }
}
