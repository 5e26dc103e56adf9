using Lab.ImageTokenizers.Priors;
using Lab.Metrics;
using Lab.Papers.TokenBridge.Priors;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TokenBridge;

public sealed class ChannelHeadTests
{
    private static readonly ChannelArOptions sizes = new(16, 2, 4);

    [Theory]
    [InlineData("base", 64, 218_024_704)]
    [InlineData("large", 64, 486_889_472)]
    [InlineData("huge", 64, 910_040_576)]
    [InlineData("large", 16, 485_364_992)]
    [InlineData("huge", 16, 908_516_096)]
    public void Released_models_have_the_parameters_of_the_repository(string name, int levels, long parameters) => Assert.Equal(parameters, Preset(name).Parameters(levels));

    [Theory]
    [InlineData("large", 80_793_600)]
    [InlineData("huge", 118_844_416)]
    public void Released_heads_have_the_parameters_of_the_repository(string name, long parameters) =>
        Assert.Equal(parameters, Preset(name).Head.Parameters(Preset(name).Backbone.Dim, 16, 64));

    [Theory]
    [InlineData(16, 2, 4, 12, 5, 7)]
    [InlineData(24, 1, 2, 8, 3, 2)]
    public void Heads_have_as_many_parameters_as_their_sizes_say(int width, int depth, int heads, int contextDim, int slots, int classes)
    {
        using var head = new ChannelArHead(contextDim, Books(slots, classes), new(width, depth, heads));
        Assert.Equal(new ChannelArOptions(width, depth, heads).Parameters(contextDim, slots, classes), head.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void Backbones_have_as_many_parameters_as_their_sizes_say()
    {
        var options = new MaskedPriorOptions(16, 2, 4) { Buffer = 3 };
        using var prior = new MaskedContinuousPrior(options, channels: 5, positions: 9, classes: 4, new DiffusionHead(5, 16, 8, 1, 2));
        Assert.Equal(options.Parameters(5, 9, 4), prior.parameters().Sum(p => p.numel()) - prior.Head.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void At_first_a_slot_sees_its_own_input_token_alone_and_later_never_itself_or_what_follows()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var head = new ChannelArHead(8, Books(4, 5), sizes);
        head.eval();
        var (contexts, codes) = (randn(3, 8), randint(5, [3, 4], ScalarType.Int64));
        foreach (var fresh in new[] { true, false })
        {
            if (!fresh) Disturb(head);
            var before = head.Logits(contexts, codes);
            for (var changed = 0; changed < 4; changed++)
            {
                var other = codes.clone();
                other.select(1, changed).add_(1).remainder_(5);
                var after = head.Logits(contexts, other);
                for (var slot = 0; slot < 4; slot++)
                {
                    var depends = fresh ? slot == changed + 1 : slot > changed;
                    Assert.Equal(!depends, before[slot].equal(after[slot]).all().item<bool>());
                }
            }
        }
    }

    [Fact]
    public void Conditionals_multiply_to_a_distribution_over_all_vectors()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var head = new ChannelArHead(8, Books(3, 2), sizes);
        head.eval();
        Disturb(head);
        var all = stack([arange(8) / 4 % 2, arange(8) / 2 % 2, arange(8) % 2], 1).to(ScalarType.Float32).floor().to(ScalarType.Int64); // every tuple once
        var joint = (-head.Losses(randn(1, 8).expand(8, 8), all).sum(1)).exp();
        Assert.Equal(1, joint.sum().item<float>(), 1e-5);
        var (first, second) = (all.select(1, 0), all.select(1, 1));
        var product = joint.masked_select(first == 0).sum() * joint.masked_select(second == 0).sum();
        Assert.NotEqual(product.item<float>(), joint.masked_select((first == 0).logical_and(second == 0)).sum().item<float>(), 1e-4); // no product

        using var parallel = new ParallelHead(8, Books(3, 2), 16);
        var apart = (-parallel.Losses(randn(1, 8).expand(8, 8), all).sum(1)).exp();
        var mutual = 0.0;
        for (var i = 0; i < 2; i++)
            for (var j = 0; j < 2; j++)
            {
                var (a, b) = (apart.masked_select(first == i).sum().item<float>(), apart.masked_select(second == j).sum().item<float>());
                var both = apart.masked_select((first == i).logical_and(second == j)).sum().item<float>();
                mutual += both * Math.Log(both / (a * b));
            }
        Assert.Equal(0, mutual, 1e-6);
    }

    [Fact]
    public void Kept_keys_and_values_draw_what_the_whole_sequence_would()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var head = new ChannelArHead(8, Books(4, 5), sizes);
        head.eval();
        Disturb(head);
        var contexts = randn(50, 8);
        using var one = new Generator(7);
        var codes = head.Draw(contexts, null, new() { TopK = 1 }, one);
        var greedy = empty([50, 0], ScalarType.Int64);
        for (var slot = 0; slot < 4; slot++) greedy = cat([greedy, head.Next(contexts, greedy).argmax(1, keepdim: true)], 1);
        Assert.True(codes.equal(greedy).all().item<bool>());
        var logits = head.Logits(contexts, codes);
        for (var slot = 0; slot < 4; slot++) Near.Equal(logits[slot], head.Next(contexts, codes.narrow(1, 0, slot)), 1e-4);
    }

    [Fact]
    public void Latents_come_back_from_tokens_in_any_order_and_grouping()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        foreach (var (order, group) in new[] { (new[] { 3, 0, 2, 1 }, 1), ([3, 0, 2, 1], 2), ([0, 1, 2, 3], 4) })
        {
            using var quantizer = new GaussianScalarQuantizer(4, 6);
            var tokens = new ChannelTokens(quantizer, order, group);
            var latents = randn(100, 4);
            var codes = tokens.Of(latents);
            Assert.Equal([100, 4 / group], codes.shape);
            Assert.InRange(codes.max().item<long>(), 0, tokens.Classes - 1);
            Assert.True(tokens.Latents(codes).equal(tokens.Round(latents)).all().item<bool>());
            if (group == 1) Assert.True(codes.select(1, 0).equal(quantizer.call(latents).Codes.select(1, 3)).all().item<bool>());
        }
        using var large = new GaussianScalarQuantizer(16, 64);
        Assert.Equal(96, new ChannelTokens(large).BookSizes.Sum(size => Math.Log2(size)));
    }

    [Fact]
    public void Slow_channels_come_first()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var slow = (arange(8).to(ScalarType.Float32) * Math.PI / 4).sin().view(1, 1, 1, 8).expand(200, 1, 8, 8); // one wave
        var fast = (arange(8).to(ScalarType.Float32) * Math.PI).cos().view(1, 1, 1, 8).expand(200, 1, 8, 8); // from pixel to pixel
        var order = FrequencyOrder.Of(cat([fast, randn(200, 1, 8, 8), slow], 1));
        Assert.Equal([2, 1, 0], order.Channels);
        Assert.Equal(1, order.LowShares[2], 1e-9);
        Assert.Equal(0, order.LowShares[0], 1e-9);
        Assert.Equal(13 / 64.0, order.LowShares[1], 0.02); // white noise: the waves within the radius
    }

    [Fact]
    public void Costs_are_those_of_the_matrices()
    {
        using var scope = NewDisposeScope();
        using var head = new ChannelArHead(8, Books(4, 5), sizes with { Depth = 1 });
        var counted = new Counted(contexts => head.Logits(contexts, zeros([contexts.shape[0], 4], ScalarType.Int64))[0], head);
        Assert.Equal(head.FlopsPerPosition, 2.0 * MacCounter.Count(counted, zeros(1, 8)).Weights);
        using var diffusion = new DiffusionHead(4, 8, 16, 2, steps: 10);
        using var generator = new Generator(1);
        var sampled = new Counted(contexts => diffusion.Sample(contexts, 1, generator), diffusion);
        var time = 10 * (64 * 16 + 16 * 16);
        Assert.Equal(diffusion.FlopsPerPosition, 2.0 * (MacCounter.Count(sampled, zeros(1, 8)).Weights - time));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using var quantizer = new GaussianScalarQuantizer(4, 6);
        Refused("names each once, got [0, 1, 1, 2]", () => new ChannelTokens(quantizer, [0, 1, 1, 2]));
        Refused("Groups of 3 do not divide 4", () => new ChannelTokens(quantizer, group: 3));
        Refused("3 heads do not divide a width of 16", () => new ChannelArHead(8, Books(2, 2), new(16, 1, 3)));
        Refused("depth of at least 1, got 16 and 0", () => new ChannelArHead(8, Books(2, 2), new(16, 0, 4)));
        Refused("Dropout lies in [0, 1), got 1", () => new ChannelArHead(8, Books(2, 2), sizes with { Dropout = 1 }));
        Refused("got one for [6, 6]", () => new TokenHead(new(quantizer), new ParallelHead(8, Books(2, 6))));
        Refused("steps are at least 1, got 4, 8, 1 and 0", () => new DiffusionHead(4, 8, 8, 1, 0));
        Refused("got [4]", () => FrequencyOrder.Of(zeros(4)));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    internal static IReadOnlyList<long> Books(int slots, int classes) => [.. Enumerable.Repeat((long)classes, slots)];

    /// <summary>Weights as training leaves them: none is zero.</summary>
    internal static void Disturb(nn.Module module)
    {
        using var noGrad = no_grad();
        foreach (var parameter in module.parameters()) parameter.add_(0.3 * randn(parameter.shape));
    }

    private static TokenBridgeOptions Preset(string name) => name switch { "base" => TokenBridgeOptions.Base, "large" => TokenBridgeOptions.Large, _ => TokenBridgeOptions.Huge };

    // A head as a module from one tensor to another, as the counter asks for.
    private sealed class Counted : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Tensor> compute;

        public Counted(Func<Tensor, Tensor> compute, nn.Module head) : base(nameof(Counted))
        {
            this.compute = compute;
            register_module("head", head);
        }

        public override Tensor forward(Tensor contexts) => compute(contexts);
    }
}
