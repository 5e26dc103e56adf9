using Lab.ImageTokenizers.Priors;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class MaskGitPriorTests
{
    private static readonly PriorOptions sizes = new(16, 1, 2);

    [Theory]
    [InlineData(64, 2, 4, 99_968)]
    [InlineData(128, 4, 4, 793_088)]
    public void Blocks_have_the_counts_of_the_causal_prior(int dim, int depth, int heads, long expected)
    {
        using var prior = new MaskGitPrior(new(dim, depth, heads), 4, 2, new JoinedCodes([3], dim), new ParallelHead(dim, [3]));
        Assert.Equal(expected, prior.named_parameters().Where(p => p.name.StartsWith("block")).Sum(p => p.parameter.numel()));
    }

    [Fact]
    public void A_context_knows_what_is_known_anywhere_and_nothing_of_what_is_not()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior();
        var (codes, labels) = (randint(4, [3, 6, 2]), randint(3, [3]));
        var unknown = tensor(new[] { true, false, true, false, true, false }).expand(3, 6);
        var contexts = prior.Contexts(codes, unknown, labels);
        var hidden = codes.clone();
        hidden[.., 2] = (codes[.., 2] + 1).remainder(4);
        Assert.True(contexts.equal(prior.Contexts(hidden, unknown, labels)).all().item<bool>());
        foreach (var seen in new[] { 1, 5 })
        {
            var changed = codes.clone();
            changed[.., seen, 1] = (codes[.., seen, 1] + 1).remainder(4);
            Assert.True((contexts - prior.Contexts(changed, unknown, labels)).abs().amax([0, 2]).min().item<float>() > 1e-7); // before and behind
        }
        Assert.True((contexts - prior.Contexts(codes, unknown, (labels + 1).remainder(3))).abs().amax([0, 2]).min().item<float>() > 1e-7);
    }

    [Fact]
    public void Training_asks_for_the_masked_positions_alone()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var prior = Prior(positions: 16);
        var masks = prior.Masks(4_000, CPU).to(float32);
        Assert.Equal(2 / Math.PI + 0.5 / 16, masks.mean().item<float>(), 0.02); // rounded up: half a position more
        Assert.True(masks.sum(1).min().item<float>() >= 1);
        Assert.InRange(masks.mean([0]).std().item<float>(), 0, 0.02); // every position as often

        var (codes, labels) = (randint(4, [5, 16, 2]), zeros(5, int64));
        long asked;
        using (manual_seed(2)) asked = prior.Masks(5, CPU).sum().item<long>();
        using (manual_seed(2)) Assert.Equal([asked, 2], prior.Losses(codes, labels).shape);
    }

    [Fact]
    public void As_many_positions_become_known_a_round_as_the_schedule_says()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(positions: 16, rounds: 5);
        var left = new List<long[]>();
        var grids = prior.Sample(zeros(3, int64), new() { Seed = 1 }, (_, unknown) => left.Add(unknown.sum(1).data<long>().ToArray()));
        Assert.Equal([15L, 13, 10, 5, 0], left.Select(counts => counts[0])); // ceil(16 cos(pi (t + 1) / 10)), at least one fewer a round
        Assert.All(left, counts => Assert.Single(counts.Distinct()));
        Assert.True(grids.ge(0).all().item<bool>() && grids.lt(4).all().item<bool>());
    }

    [Fact]
    public void A_seed_decides_the_grids()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(positions: 9);
        var labels = randint(3, [8]);
        foreach (var guidance in new[] { 1.0, 2.0 })
        {
            var once = prior.Sample(labels, new() { Seed = 5, Guidance = guidance });
            Assert.True(once.equal(prior.Sample(labels, new() { Seed = 5, Guidance = guidance })).all().item<bool>());
            Assert.False(once.equal(prior.Sample(labels, new() { Seed = 6, Guidance = guidance })).all().item<bool>());
        }
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("autoregressive")]
    public void A_tiny_set_is_learned_by_heart(string head)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var wanted = randint(4, [3, 9, 2]); // one grid of each class
        using var grids = new CodeGrids(wanted, arange(3, int64));
        using var prior = Prior(positions: 9, head: head);
        new PriorRecipe(400, 16) { LearningRate = 5e-3, LabelDrop = 0 }.Train("by heart", prior, grids, seed: 1);
        var labels = arange(3, int64).repeat(10);
        var drawn = prior.Sample(labels, new() { Seed = 2, Temperature = 0.5 });
        Assert.InRange((drawn == wanted.repeat(10, 1, 1)).to(float32).mean().item<float>(), 0.99, 1);
    }

    [Fact]
    public void Rounds_make_a_grid_agree_with_itself()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        var same = randint(4, [64, 1, 1]).expand(64, 6, 1).contiguous(); // all positions of a grid are alike
        using var grids = new CodeGrids(same, zeros(64, int64));
        double[] agreement = [.. new[] { 1, 6 }.Select(rounds =>
        {
            using var seeded = manual_seed(5);
            using var prior = new MaskGitPrior(sizes, 6, 1, new JoinedCodes([4], 16), new ParallelHead(16, [4])) { Decoding = new() { Rounds = rounds } };
            new PriorRecipe(200) { LearningRate = 1e-2 }.Train("alike", prior, grids, seed: 1);
            var drawn = prior.Sample(zeros(200, int64), new() { Seed = 3 })[.., .., 0];
            return (double)(drawn == drawn[.., ..1]).all(1).to(float32).mean().item<float>();
        })];
        Assert.InRange(agreement[0], 0, 0.1); // drawn at once, positions know nothing of each other: 4^-5
        Assert.InRange(agreement[1], 0.8, 1);
    }

    [Fact]
    public void Nothing_stays_behind()
    {
        using var prior = Prior();
        using var codes = zeros(2, 6, 2, int64);
        using var labels = zeros(2, int64);
        LiveTensors.NothingStays(() =>
        {
            prior.Losses(codes, labels).Dispose();
            prior.Sample(labels, new() { Guidance = 2 }).Dispose();
        });
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior();
        var labels = zeros(2, int64);
        Refused("Codes [B, 6, 2]", () => prior.Losses(zeros(2, 5, 2, int64), zeros(3, int64)));
        Refused("bool of shape [2, 6]", () => prior.Contexts(zeros(2, 6, 2, int64), ones(2, 6), labels));
        Refused("must be positive, got 0", () => prior.Sample(labels, new() { Temperature = 0 }));
        Refused("at least 1 position, got 0", () => new MaskGitPrior(sizes, 0, 1, new JoinedCodes([3], 16), new ParallelHead(16, [3])));
        Refused("at least 1 class, got 0", () => new MaskGitPrior(sizes, 1, 0, new JoinedCodes([3], 16), new ParallelHead(16, [3])));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    private static MaskGitPrior Prior(int positions = 6, string head = "linear", int rounds = 4)
    {
        using var generator = manual_seed(7);
        long[] books = [4, 4];
        CodeHead made = head == "linear" ? new ParallelHead(16, books) : new CodeArHead(16, books, sizes);
        var prior = new MaskGitPrior(sizes, positions, 3, new JoinedCodes(books, 16), made) { Decoding = new() { Rounds = rounds } };
        prior.eval();
        return prior;
    }
}
