using Lab.ImageTokenizers.Priors;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class CausalPriorTests
{
    private static readonly long[] books = [5, 4];

    private static readonly PriorOptions sizes = new(16, 1, 2);

    public static TheoryData<string> Heads => ["linear", "mlp", "autoregressive"];

    [Theory]
    [InlineData(64, 2, 4, 99_968)]
    [InlineData(128, 4, 4, 793_088)]
    [InlineData(256, 6, 8, 4_738_560)]
    public void Blocks_have_the_counts_of_the_specification(int dim, int depth, int heads, long expected)
    {
        using var prior = new CausalPrior(new(dim, depth, heads), 4, 2, new JoinedCodes([3], dim), new ParallelHead(dim, [3]));
        Assert.Equal(expected, prior.named_parameters().Where(p => p.name.Contains(".h.")).Sum(p => p.parameter.numel()));
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void A_context_knows_what_is_before_it_and_nothing_else(string head)
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(head);
        var (codes, labels) = Grids(3);
        var contexts = prior.Contexts(codes, labels);
        var changed = codes.clone();
        changed[.., 2, 1] = (codes[.., 2, 1] + 1).remainder(4);
        var others = prior.Contexts(changed, labels);
        Assert.True(contexts[.., ..3].equal(others[.., ..3]).all().item<bool>());
        Assert.True((contexts[.., 3] - others[.., 3]).abs().max().item<float>() > 1e-6);
        Assert.True((contexts - prior.Contexts(codes, (labels + 1).remainder(3))).abs().amax([0, 2]).min().item<float>() > 1e-7);
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Logits_of_a_book_do_not_see_its_own_code_or_later_ones(string name)
    {
        using var scope = NewDisposeScope();
        using var head = Head(name);
        var (contexts, codes) = (randn(7, 16), stack([randint(5, [7]), randint(4, [7])], 1));
        var logits = head.Logits(contexts, codes);
        for (var book = 0; book < 2; book++) Near.Equal(logits[book], head.Next(contexts, codes.narrow(1, 0, book)), 1e-5);
        var other = codes.clone();
        other[.., 1] = (codes[.., 1] + 1).remainder(4);
        Assert.All(logits.Zip(head.Logits(contexts, other)), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        other[.., 0] = (codes[.., 0] + 1).remainder(5);
        Assert.True(logits[0].equal(head.Logits(contexts, other)[0]).all().item<bool>());
        Assert.Equal(name == "autoregressive", (logits[1] - head.Logits(contexts, other)[1]).abs().max().item<float>() > 1e-6);
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Probabilities_of_all_codes_of_a_position_sum_to_one(string name)
    {
        using var scope = NewDisposeScope();
        using var head = Head(name);
        var all = cartesian_prod(arange(5), arange(4)); // [20, 2]
        var losses = head.Losses(randn(1, 16).expand(20, 16), all).sum(1);
        Assert.Equal(1, (-losses).exp().sum().item<float>(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void Sampled_codes_are_as_frequent_as_the_prior_says(string head)
    {
        using var scope = NewDisposeScope();
        using var prior = Prior(head, positions: 2, spread: 6);
        const int Draws = 4_000;
        var labels = ones(Draws, ScalarType.Int64);
        var drawn = prior.Sample(labels, new() { Seed = 3 });
        var joint = (((drawn[.., 0, 0] * 4 + drawn[.., 0, 1]) * 5 + drawn[.., 1, 0]) * 4 + drawn[.., 1, 1]).bincount(null, 400).to(ScalarType.Float32);
        var grids = cartesian_prod(arange(5), arange(4), arange(5), arange(4)).view(400, 2, 2);
        var expected = (-prior.Losses(grids, ones(400, ScalarType.Int64)).sum([1L, 2L])).exp() * Draws;
        Assert.Equal(Draws, expected.sum().item<float>(), 1);
        var often = expected >= 5; // rarer ones together, as the chi-square test wants
        var (seen, wanted) = (Grouped(joint), Grouped(expected));
        var statistic = ((seen - wanted).square() / wanted).sum().item<float>();
        var freedom = seen.shape[0] - 1;
        Assert.True(statistic < freedom + 4 * Math.Sqrt(2 * freedom), $"{statistic} at {freedom} degrees of freedom");

        Tensor Grouped(Tensor counts) => cat([counts.masked_select(often), counts.masked_select(often.logical_not()).sum().unsqueeze(0).clamp_min(1e-3)]);
    }

    [Fact]
    public void Guidance_moves_samples_away_from_what_comes_without_the_class()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior("autoregressive", positions: 1, spread: 6);
        var labels = zeros(3_000, ScalarType.Int64);
        var (plain, guided) = (Share(1), Share(3));
        var all = cartesian_prod(arange(5), arange(4)).view(20, 1, 2);
        var ratio = (prior.Losses(all, full([20], prior.NoClass, ScalarType.Int64)) - prior.Losses(all, zeros(20, ScalarType.Int64)))[.., 0, 0]; // log p(z1 | class) - log p(z1)
        var favoured = (ratio > 0).to(ScalarType.Float32).view(5, 4)[.., 0]; // of the first code
        Assert.True((guided * favoured).sum().item<float>() > (plain * favoured).sum().item<float>() + 0.02);
        Near.Equal(plain, Share(1), 0);

        Tensor Share(double guidance) => prior.Sample(labels, new() { Guidance = guidance, Seed = 1 })[.., 0, 0].bincount(null, 5).to(ScalarType.Float32) / 3_000;
    }

    [Fact]
    public void The_most_likely_codes_alone_are_drawn_when_asked()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior("linear", positions: 1, spread: 6);
        var drawn = prior.Sample(zeros(500, ScalarType.Int64), new() { TopK = 1 });
        Assert.Equal(1, drawn[.., 0, 0].unique().output.numel());
        Assert.Throws<ArgumentException>(() => prior.Sample(zeros(1, ScalarType.Int64), new() { TopK = 0 }));
        Assert.Throws<ArgumentException>(() => prior.Sample(zeros(1, ScalarType.Int64), new() { Temperature = 0 }));
        Assert.Throws<ArgumentException>(() => prior.Sample(zeros(1, ScalarType.Int64), new() { Guidance = -1 }));
    }

    [Fact]
    public void Training_finds_that_the_second_code_follows_from_the_first()
    {
        using var scope = NewDisposeScope();
        var first = randint(4, [256, 4], generator: new Generator(5));
        using var grids = new CodeGrids(stack([first, first], 2), zeros(256, ScalarType.Int64));
        var nats = new[] { "linear", "autoregressive" }.Select(name =>
        {
            using var generator = manual_seed(1);
            var head = name == "linear" ? (CodeHead)new ParallelHead(16, [4, 4]) : new CodeArHead(16, [4, 4], sizes);
            using var prior = new CausalPrior(sizes, 4, 3, new JoinedCodes([4, 4], 16), head);
            new PriorRecipe(150) { LearningRate = 1e-2 }.Train(name, prior, grids, seed: 2);
            return PriorRecipe.Nats(prior, grids);
        }).ToArray();
        Assert.All(nats, books => Assert.InRange(books[0], 1.2, 1.5)); // ln 4 = 1.386: nothing to know
        Assert.InRange(nats[0][1], 1.2, 1.5);
        Assert.InRange(nats[1][1], 0, 0.1);
    }

    [Fact]
    public void Another_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        using var prior = Prior("linear");
        Assert.Throws<ArgumentException>(() => prior.Contexts(zeros(2, 5, 2, ScalarType.Int64), zeros(2, ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => prior.Contexts(zeros(2, 4, 1, ScalarType.Int64), zeros(2, ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => prior.Contexts(zeros(2, 4, 2, ScalarType.Int64), zeros(3, ScalarType.Int64)));
        Assert.Throws<ArgumentException>(() => new ParallelHead(8, []));
        Assert.Throws<ArgumentException>(() => new CausalPrior(sizes, 0, 1, new JoinedCodes([3], 16), new ParallelHead(16, [3])));
        Assert.Throws<ArgumentException>(() => new CausalPrior(sizes, 1, 0, new JoinedCodes([3], 16), new ParallelHead(16, [3])));
    }

    private static (Tensor Codes, Tensor Labels) Grids(int count) => (stack([randint(5, [count, 4]), randint(4, [count, 4])], 2), randint(3, [count]));

    private static CodeHead Head(string name) => name switch
    {
        "linear" => new ParallelHead(16, books),
        "mlp" => new ParallelHead(16, books, hiddenDim: 8),
        _ => new CodeArHead(16, books, sizes),
    };

    // Weights some times as large as at first, so that distributions are not flat.
    private static CausalPrior Prior(string head, int positions = 4, double spread = 1)
    {
        using var generator = manual_seed(7);
        var prior = new CausalPrior(sizes, positions, 3, new JoinedCodes(books, 16), Head(head));
        using var noGrad = no_grad();
        foreach (var weight in prior.parameters()) weight.mul_(weight.dim() > 1 ? spread : 1);
        prior.eval();
        return prior;
    }
}
