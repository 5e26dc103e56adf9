using Lab.ImageTokenizers.Priors;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class LatentFlowTests
{
    [Fact]
    public void Before_training_there_is_no_velocity_and_the_loss_is_that_of_saying_nothing()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var flow = Flow();
        var latents = randn(2_000, 4, 2);
        var labels = randint(3, [2_000]);
        Assert.Equal(0, flow.Velocity(latents, rand(2_000), labels).abs().max().item<float>());
        Assert.Equal(2, flow.Losses(latents, labels).mean().item<float>(), 0.05); // the variance of noise less data
    }

    [Fact]
    public void A_modulated_block_begins_as_the_identity()
    {
        using var scope = NewDisposeScope();
        using var block = new ModulatedBlock(16, 2);
        var x = randn(2, 5, 16);
        Assert.True(block.call(x, randn(2, 16)).equal(x).all().item<bool>());
        Assert.Equal(18 * 16 * 16 + 15 * 16, block.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void The_velocity_depends_on_point_time_and_class()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        using var flow = Flow();
        using (no_grad())
            foreach (var weight in flow.parameters()) weight.add_(0.1 * randn_like(weight));
        var (x, time, labels) = (randn(3, 4, 2), full(3, 0.5f), zeros(3, int64));
        var velocity = flow.Velocity(x, time, labels);
        var moved = x.clone();
        moved[.., 0] += 1;
        foreach (var other in new[] { flow.Velocity(moved, time, labels), flow.Velocity(x, time + 0.1, labels), flow.Velocity(x, time, labels + 1), flow.Velocity(x, time, full_like(labels, flow.NoClass)) })
            Assert.True((velocity - other).abs().amax([0, 2]).min().item<float>() > 1e-5); // at every position
    }

    [Fact]
    public void A_tiny_set_is_learned_by_heart()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var wanted = randn(3, 4, 2); // one grid of each class
        using var grids = new LatentGrids(wanted, arange(3, int64));
        using var flow = Flow(32);
        new PriorRecipe(300, 64) { LearningRate = 5e-3 }.Train("by heart", flow, grids, seed: 1);
        var drawn = flow.Sample(arange(3, int64).repeat(8), new() { Seed = 2 });
        Assert.InRange((drawn - wanted.repeat(8, 1, 1)).square().mean().item<float>(), 0, 0.05);
        Assert.InRange((drawn - wanted.roll(1, 0).repeat(8, 1, 1)).square().mean().item<float>(), 0.5, 10);
    }

    [Fact]
    public void Normal_latents_come_out_with_their_mean_and_deviation()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        using var grids = new LatentGrids(1 + 0.3 * randn(2_000, 1, 1), zeros(2_000, int64));
        using var flow = new LatentFlow(new(32, 1, 2), 1, 1, 1);
        new PriorRecipe(400, 128) { LearningRate = 5e-3 }.Train("normal", flow, grids, seed: 1);
        var drawn = flow.Sample(zeros(2_000, int64), new() { Seed = 5, Steps = 50 });
        Assert.Equal(1, drawn.mean().item<float>(), 0.1);
        Assert.Equal(0.3, drawn.std().item<float>(), 0.1);
    }

    [Fact]
    public void A_seed_decides_the_latents_and_guidance_moves_them()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(6);
        using var flow = Flow();
        using (no_grad())
            foreach (var weight in flow.parameters()) weight.add_(0.1 * randn_like(weight));
        var labels = arange(3, int64);
        var once = flow.Sample(labels, new() { Seed = 5, Steps = 4 });
        Assert.True(once.equal(flow.Sample(labels, new() { Seed = 5, Steps = 4 })).all().item<bool>());
        Assert.False(once.equal(flow.Sample(labels, new() { Seed = 6, Steps = 4 })).all().item<bool>());
        Assert.False(once.equal(flow.Sample(labels, new() { Seed = 5, Steps = 4, Guidance = 3 })).all().item<bool>());
    }

    [Fact]
    public void Nothing_stays_behind()
    {
        using var flow = Flow();
        using var latents = zeros(2, 4, 2);
        using var labels = zeros(2, int64);
        LiveTensors.NothingStays(() =>
        {
            flow.Losses(latents, labels).Dispose();
            flow.Sample(labels, new() { Steps = 2, Guidance = 2 }).Dispose();
        });
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var scope = NewDisposeScope();
        using var flow = Flow();
        var labels = zeros(2, int64);
        Refused("Latents [B, 4, 2]", () => flow.Losses(randn(2, 4, 3), labels));
        Refused("at least 1 step, got 0", () => flow.Sample(labels, new() { Steps = 0 }));
        Refused("must not be negative, got -1", () => flow.Sample(labels, new() { Guidance = -1 }));
        Refused("got 0, 2 and 1", () => new LatentFlow(new(16, 1, 2), 0, 2, 1));
        Refused("even width, got 15", () => new LatentFlow(new(15, 1, 3), 1, 2, 1));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    private static LatentFlow Flow(int dim = 16)
    {
        using var generator = manual_seed(7);
        var flow = new LatentFlow(new(dim, 1, 2), 4, 2, 3);
        flow.eval();
        return flow;
    }
}
