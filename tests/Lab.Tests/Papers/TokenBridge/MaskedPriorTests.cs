using Lab.Papers.TokenBridge.Priors;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TokenBridge;

public sealed class MaskedPriorTests
{
    private static readonly MaskedPriorOptions small = new(16, 1, 4) { Buffer = 3 };

    [Fact]
    public void The_schedule_fills_every_position_once_slowly_at_first()
    {
        var filled = new List<int>();
        for (int step = 0, left = 64; step < 16; step++)
        {
            var next = MaskSchedule.Left(left, 64, step, 16);
            filled.Add(left - next);
            left = next;
        }
        Assert.Equal([1, 1, 1, 2, 3, 3], filled.Take(6));
        Assert.Equal([6, 6], filled.TakeLast(2));
        Assert.Equal(64, filled.Sum());
    }

    [Fact]
    public void Mask_ratios_are_a_cut_normal_distribution()
    {
        var ratios = Enumerable.Range(0, 2_000).Select(i => MaskSchedule.Ratio((i + 0.5) / 2_000, 0.7)).ToArray();
        Assert.Equal(0.8670, ratios.Average(), 1e-4);
        Assert.Equal(0.7, MaskSchedule.Ratio(0, 0.7), 1e-9);
        Assert.Equal(1, MaskSchedule.Ratio(1, 0.7), 1e-9);
        Assert.All(ratios.Zip(ratios.Skip(1)), pair => Assert.True(pair.First < pair.Second));
    }

    [Fact]
    public void Guidance_starts_near_one_and_ends_at_its_strength()
    {
        Assert.Equal(1 + 2 / 64.0, MaskSchedule.Guidance(3, 63, 64));
        Assert.Equal(3, MaskSchedule.Guidance(3, 0, 64));
        Assert.All(Enumerable.Range(0, 64), left => Assert.Equal(1, MaskSchedule.Guidance(1, left, 64)));
    }

    [Fact]
    public void Samples_follow_from_the_seed_are_values_of_the_table_and_guidance_of_one_is_none()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(out var quantizer);
        using var labels = tensor(new long[] { 0, 1, 2, 3, 0 });
        var (one, again, other) = (Draw(new()), Draw(new()), Draw(new() { Seed = 1 }));
        Assert.Equal([5, 9, 4], one.shape);
        Assert.True(one.equal(again).all().item<bool>());
        Assert.False(one.equal(other).all().item<bool>());
        Assert.True(quantizer.call(one).Values.equal(one).all().item<bool>());
        Assert.False(one.equal(Draw(new() { Guidance = 8 })).all().item<bool>());
        Near.Equal(one, Draw(new() { Guidance = 1 + 1e-9 }));

        Tensor Draw(MaskedSampling sampling) => prior.Sample(labels, sampling with { Steps = 4 });
    }

    [Fact]
    public void Every_step_fills_the_next_positions_of_a_random_order_and_keeps_the_others()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(out _);
        using var labels = zeros(6, ScalarType.Int64);
        var (known, left) = (zeros(6, 9, 4), new List<int>());
        prior.Sample(labels, new() { Steps = 5 }, (latents, order, masked) =>
        {
            var unknown = zeros(6, 9).scatter(1, order.narrow(1, 0, masked), ones(6, 9)).to(ScalarType.Bool);
            Assert.Equal(0, latents.masked_select(unknown.unsqueeze(2)).abs().sum().item<float>());
            Assert.True(latents.masked_select(known != 0).equal(known.masked_select(known != 0)).all().item<bool>());
            known.copy_(latents);
            left.Add(masked);
        });
        Assert.Equal(0, left[^1]);
        Assert.Equal(5, left.Count);
        Assert.True(left.Zip(left.Skip(1)).All(pair => pair.Second < pair.First));
    }

    [Fact]
    public void A_context_does_not_see_what_is_masked_but_what_is_known()
    {
        using var scope = NewDisposeScope();
        var probe = new Probe();
        using var random = manual_seed(1);
        using var prior = new MaskedContinuousPrior(small with { MaskRatioMinimum = 0.4 }, 4, 9, 4, probe);
        ChannelHeadTests.Disturb(prior);
        prior.eval();
        var places = arange(9).to(ScalarType.Float32).view(1, 9, 1).expand(1, 9, 4); // a vector tells its position
        var (contexts, masked) = Ask(places);
        Assert.InRange(masked.Length, 4, 8);
        var (same, _) = Ask(places + Marked(masked));
        Assert.True(contexts.equal(same).all().item<bool>());
        var (different, _) = Ask(places + 1 - Marked(masked));
        Assert.False(contexts.equal(different).all().item<bool>());

        (Tensor, long[]) Ask(Tensor latents)
        {
            using var again = manual_seed(3);
            prior.Losses(latents, zeros(1, ScalarType.Int64), asked: 9);
            return (probe.Contexts!, [.. probe.Truth!.select(1, 0).to(ScalarType.Int64).data<long>()]);
        }

        static Tensor Marked(long[] masked) => zeros(1, 9, 1).index_fill(1, tensor(masked), 1);
    }

    [Fact]
    public void Training_teaches_both_kinds_of_heads_what_follows_from_what()
    {
        using var scope = NewDisposeScope();
        foreach (var diffuses in new[] { false, true })
        {
            using var random = manual_seed(1);
            LatentHead head = diffuses ? new DiffusionHead(4, 16, 32, 1, 20) : Tokens(out _);
            using var prior = new MaskedContinuousPrior(small with { Dropout = 0 }, 4, 9, 4, head);
            var optimizer = optim.Adam(prior.parameters(), 3e-3);
            var (first, last) = (0f, 0f);
            for (var step = 0; step < 150; step++)
            {
                using var inner = NewDisposeScope();
                var labels = randint(4, [32], ScalarType.Int64);
                var latents = (labels.to(ScalarType.Float32) - 1.5f).view(-1, 1, 1).expand(32, 9, 4) + 0.05 * randn(32, 9, 4);
                var loss = prior.Losses(latents, labels, 4).mean();
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                last = loss.item<float>();
                if (step == 0) first = last;
            }
            Assert.True(last < 0.6 * first, $"{first} -> {last}");
            prior.eval();
            var wanted = arange(4).repeat(8);
            var made = prior.Sample(wanted, new() { Steps = 3, Seed = 1 });
            var error = (made.mean([1L, 2]) - (wanted.to(ScalarType.Float32) - 1.5f)).abs().mean().item<float>();
            Assert.True(error < 0.4, $"{error}");
        }
    }

    [Fact]
    public void Sampling_leaves_nothing_behind()
    {
        using var prior = Prior(out _);
        using var labels = zeros(3, ScalarType.Int64);
        LiveTensors.NothingStays(() => prior.Sample(labels, new() { Steps = 2, Guidance = 2 }).Dispose());
    }

    [Fact]
    public void What_cannot_be_is_refused_and_a_stop_is_heard()
    {
        using var prior = Prior(out _);
        using var labels = zeros(3, ScalarType.Int64);
        Refused("1 to 9 steps, got 10", () => prior.Sample(labels, new() { Steps = 10 }));
        Refused("must not be negative, got -1", () => prior.Sample(labels, new() { Guidance = -1, Steps = 2 }));
        Refused("must be positive, got 0", () => prior.Sample(labels, new() { Temperature = 0, Steps = 2 }));
        Refused("least mask ratio lies in (0, 1), got 0", () => Prior(out _, small with { MaskRatioMinimum = 0 }));
        Refused("3 heads do not divide a width of 16", () => Prior(out _, small with { Heads = 3 }));
        Refused("buffer are at least 1, got 16, 1 and 0", () => Prior(out _, small with { Buffer = 0 }));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => prior.Sample(labels, new() { Steps = 2 }, cancellation: stop.Token));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    private static MaskedContinuousPrior Prior(out GaussianScalarQuantizer quantizer, MaskedPriorOptions? options = null)
    {
        using var random = manual_seed(1);
        var prior = new MaskedContinuousPrior(options ?? small, 4, 9, 4, Tokens(out quantizer));
        ChannelHeadTests.Disturb(prior);
        prior.eval();
        return prior;
    }

    private static TokenHead Tokens(out GaussianScalarQuantizer quantizer)
    {
        var tokens = new ChannelTokens(quantizer = new(4, 8), [2, 0, 3, 1]);
        return new(tokens, new ChannelArHead(16, tokens.BookSizes, new(16, 1, 4) { Dropout = 0 }));
    }

    private sealed class Probe() : LatentHead(nameof(Probe))
    {
        public Tensor? Contexts { get; private set; }

        public Tensor? Truth { get; private set; }

        public override double FlopsPerPosition => 0;

        public override Tensor Seen(Tensor latents) => latents.alias();

        public override Tensor forward(Tensor contexts, Tensor latents)
        {
            (Contexts, Truth) = (contexts.clone().MoveToOuterDisposeScope(), latents.clone().MoveToOuterDisposeScope());
            return zeros(contexts.shape[0]);
        }

        public override Tensor Sample(Tensor contexts, double temperature, Generator random) => throw new NotSupportedException();
    }
}
