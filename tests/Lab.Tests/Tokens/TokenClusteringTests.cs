using Lab.Metrics;
using Lab.Nn;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class TokenClusteringTests
{
    private static readonly VisionTransformerOptions segmenter = new(64, 4, 64, 6, 4, 2) { Classes = 7, Head = VisionHead.Pixels };

    [Theory]
    [InlineData(6, 6, 3, 3, 3, 1)]
    [InlineData(6, 6, 3, 3, 5, 5)] // no window at all
    [InlineData(16, 16, 12, 12, 5, 5)]
    [InlineData(16, 16, 8, 8, 5, 3)]
    [InlineData(7, 10, 4, 3, 3, 2)]
    public void Neighbours_alone_give_what_all_distances_with_a_mask_give(int height, int width, int rows, int columns, int window, int rounds)
    {
        using var scope = NewDisposeScope();
        var tokens = Random(height, width);
        foreach (var tau in new[] { 0.01, 0.3, 3 })
            foreach (var allPairs in new[] { false, true })
            {
                var how = new TokenClustering(tau) { Centres = (rows, columns), Window = window, Iterations = rounds, AllPairs = allPairs };
                var reduction = how.Reduce(View(tokens, height, width), rows * columns);
                var (centres, q) = Dense(tokens, (height, width), (rows, columns), window, rounds, tau);
                Near.Equal(centres, reduction.Apply(tokens), 1e-4);
                Near.Equal(q, reduction.Assignment(), 1e-4);
                Near.Equal(q / q.sum([2L], keepdim: true), reduction.Weights(), 1e-4);
                Near.Equal(q.sum([2L]), reduction.Masses, 1e-4);
            }
    }

    [Fact]
    public void A_window_as_wide_as_the_grid_is_none()
    {
        using var scope = NewDisposeScope();
        var tokens = Random(6, 6);
        var windowed = new TokenClustering(0.2) { Window = 5 }.Reduce(View(tokens, 6, 6), 9); // 2 * 3 - 1
        var unbounded = new TokenClustering(0.2) { Window = 99 }.Reduce(View(tokens, 6, 6), 9);
        Near.Equal(Dense(tokens, (6, 6), (3, 3), null, 5, 0.2).Centres, windowed.Apply(tokens), 1e-5);
        Near.Equal(unbounded.Apply(tokens), windowed.Apply(tokens), 1e-6);
        var narrow = new TokenClustering(0.2) { Window = 3 }.Reduce(View(tokens, 6, 6), 9);
        Assert.True(Near.RelativeError(windowed.Apply(tokens), narrow.Apply(tokens)) > 1e-3);
    }

    [Fact]
    public void Every_token_is_spread_completely_and_centres_lie_among_the_tokens_of_their_window()
    {
        using var scope = NewDisposeScope();
        var tokens = Random(16, 16);
        var reduction = new TokenClustering(0.3) { Window = 3 }.Reduce(View(tokens, 16, 16), 64);
        Near.Equal(ones(2, 256), reduction.Assignment().sum([1L]), 1e-5);
        Near.Equal(ones(2, 64), reduction.Weights().sum([2L]), 1e-5);
        Assert.True((reduction.Weights() >= 0).all().item<bool>());

        var centres = reduction.Apply(tokens);
        for (var y = 0; y < 8; y++)
            for (var x = 0; x < 8; x++)
            {
                var window = tokens.view(2, 16, 16, 8)[.., (2 * Math.Max(0, y - 1))..(2 * Math.Min(8, y + 2)), (2 * Math.Max(0, x - 1))..(2 * Math.Min(8, x + 2))].flatten(1, 2);
                var centre = centres[.., 8 * y + x];
                Assert.True((centre >= window.amin([1L]) - 1e-5).logical_and(centre <= window.amax([1L]) + 1e-5).all().item<bool>());
            }
    }

    [Theory]
    [InlineData(16, 12)]
    [InlineData(16, 8)]
    [InlineData(16, 5)]
    public void No_round_is_adaptive_average_pooling(int side, int centres)
    {
        using var scope = NewDisposeScope();
        var tokens = Random(side, side);
        var reduction = new TokenClustering(1) { Iterations = 0 }.Reduce(View(tokens, side, side), centres * centres);
        var pooled = nn.functional.adaptive_avg_pool2d(tokens.transpose(1, 2).reshape(2, 8, side, side), centres).flatten(2).transpose(1, 2);
        Near.Equal(pooled, reduction.Apply(tokens), 1e-6);
        Near.Equal(pooled, reduction.Weights().matmul(tokens), 1e-6);
        Near.Equal(ones(2, side * side), reduction.Assignment().sum([1L]), 1e-6);
    }

    [Fact]
    public void As_many_centres_as_tokens_and_a_large_tau_change_nothing()
    {
        using var scope = NewDisposeScope();
        var tokens = Random(6, 6);
        var reduction = new TokenClustering(1e4) { Nearest = 1 }.Reduce(View(tokens, 6, 6), 36);
        Near.Equal(eye(36).expand(2, -1, -1), reduction.Assignment(), 1e-5);
        Near.Equal(tokens, reduction.Apply(tokens), 1e-5);

        using var random = manual_seed(3);
        using var model = new VisionTransformer(segmenter);
        model.eval();
        var images = randn(2, 3, 64, 64);
        foreach (var gamma in new[] { 0, 2 })
        {
            using var expedited = new ReducedTransformer(model, new TokenClustering(1e4) { Nearest = 1 }, Behind(2, 256) with { RestoredBlocks = gamma });
            Near.Equal(model.call(images), expedited.call(images), 1e-4);
        }
    }

    [Fact]
    public void Equal_tokens_make_equal_centres_and_come_back_times_the_root_of_k_if_divided_by_the_euclidean_norm()
    {
        using var scope = NewDisposeScope();
        var tokens = arange(8, ScalarType.Float32).expand(2, 36, 8);
        foreach (var norm in Enum.GetValues<WeightNorm>())
        {
            var reduction = new TokenClustering(0.5) { Nearest = 9, Norm = norm }.Reduce(View(tokens, 6, 6), 9);
            Near.Equal(tokens[.., ..9], reduction.Apply(tokens), 1e-6);
            Near.Equal(tokens * (norm == WeightNorm.L1 ? 1 : Math.Sqrt(9)), reduction.Restore(reduction.Apply(tokens)), 1e-5);
        }
    }

    [Fact]
    public void Both_norms_give_the_same_answer_if_a_layer_norm_follows_at_once()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        using var model = new VisionTransformer(segmenter);
        model.eval();
        var images = randn(2, 3, 64, 64);
        Near.Equal(Logits(WeightNorm.L1, 0), Logits(WeightNorm.L2, 0), 1e-3);
        Assert.True(Near.RelativeError(Logits(WeightNorm.L1, 1), Logits(WeightNorm.L2, 1)) > 1e-2);

        Tensor Logits(WeightNorm norm, int gamma)
        {
            using var expedited = new ReducedTransformer(model, new TokenClustering(0.02) { Norm = norm }, Behind(2, 64) with { RestoredBlocks = gamma });
            return expedited.call(images);
        }
    }

    [Fact]
    public void One_cluster_is_a_copy_of_the_nearest_and_more_than_there_are_is_all()
    {
        using var scope = NewDisposeScope();
        var (tokens, centres, later) = (Random(6, 6), Random(3, 3, seed: 2), Random(3, 3, seed: 3));
        var distances = Distances(tokens, centres); // [2, 36, 9]
        var nearest = distances.argmin(2);
        Near.Equal(later.gather(1, nearest.unsqueeze(-1).expand(-1, -1, 8)), new TokenReconstruction(1, 0.4).Weights(tokens, centres).matmul(later), 1e-6);
        var all = (-0.4 * distances).softmax(2);
        Near.Equal(all, new TokenReconstruction(9, 0.4).Weights(tokens, centres), 1e-4);
        Near.Equal(all, new TokenReconstruction(50, 0.4).Weights(tokens, centres), 1e-4);
        Assert.True((new TokenReconstruction(4, 0.4).Weights(tokens, centres) > 0).sum([2L]).eq(4).all().item<bool>());
    }

    [Fact]
    public void Equally_similar_clusters_are_all_kept()
    {
        using var scope = NewDisposeScope();
        var centres = tensor(new float[,] { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 5, 5 } }).unsqueeze(0);
        Near.Equal(tensor(new[] { 1 / 3f, 1 / 3f, 1 / 3f, 0 }).view(1, 1, 4), new TokenReconstruction(2, 1).Weights(zeros(1, 1, 2), centres), 1e-6);
    }

    [Fact]
    public void Distances_beyond_what_an_exponential_can_hold_still_give_weights()
    {
        using var scope = NewDisposeScope();
        var (tokens, centres) = (Random(3, 3) * 30, Random(3, 3, seed: 2) * 30);
        var distances = Distances(tokens, centres);
        Assert.True((0.5 * distances.amin([2L])).min().item<float>() > 104, "every plain weight should be 0 in single precision");
        Assert.Equal(0, (-0.5 * distances).exp().sum().item<float>());
        foreach (var norm in Enum.GetValues<WeightNorm>())
            Assert.True(new TokenReconstruction(20, 0.5, norm).Weights(tokens, centres).isfinite().all().item<bool>());
        Near.Equal(ones(2, 9), new TokenReconstruction(20, 0.5).Weights(tokens, centres).sum([2L]), 1e-5);

        var (near, small) = (tokens / 30, centres / 30);
        var plain = (-0.5 * Distances(near, small)).exp();
        Near.Equal(plain / plain.sum([2L], keepdim: true), new TokenReconstruction(20, 0.5).Weights(near, small), 1e-4);
        Near.Equal(plain / plain.square().sum([2L], keepdim: true).sqrt(), new TokenReconstruction(20, 0.5, WeightNorm.L2).Weights(near, small), 1e-4);
    }

    [Fact]
    public void Bilinear_clusters_are_a_small_picture_enlarged()
    {
        using var scope = NewDisposeScope();
        var tokens = Random(6, 6);
        var reduction = new TokenClustering(1) { Upsampling = TokenUpsampling.Bilinear }.Reduce(View(tokens, 6, 6), 9);
        var ramp = arange(3, ScalarType.Float32).repeat(3).view(1, 9, 1).expand(2, -1, -1); // rises from left to right
        float[] row = [0, 0.25f, 0.75f, 1.25f, 1.75f, 2];
        Near.Equal(tensor(row).repeat(6).view(1, 36, 1).expand(2, -1, -1), reduction.Restore(ramp), 1e-5);
    }

    [Fact]
    public void The_cost_is_what_the_specification_counts()
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(segmenter);
        var picture = zeros(1, 3, 64, 64);
        Assert.Equal(103.3, MacCounter.Count(model, picture).Total / 1e6, 0.05);
        Assert.Equal(72.5, Expedited(144), 0.05);
        Assert.Equal(52.1, Expedited(64), 0.05);
        Assert.Equal(23.6, 2 * 5 * 256 * 144 * 64 / 1e6, 0.05); // the dense form of the clustering at 12x12
        Assert.Equal(2 * 5 * 256 * 144 * 64, new TokenClustering(1) { AllPairs = true, Upsampling = TokenUpsampling.Bilinear }.Macs(256, 144, 64, 64) - 4 * 256 * 64);

        double Expedited(int keep)
        {
            using var expedited = new ReducedTransformer(model, new TokenClustering(0.1), Behind(2, keep) with { RestoredBlocks = 0 });
            return (MacCounter.Count(expedited, picture).Total + expedited.ReducerMacs) / 1e6;
        }
    }

    [Fact]
    public void Impossible_settings_are_refused_by_name()
    {
        Assert.Contains("odd", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenClustering(1) { Window = 4 }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenClustering(1) { Iterations = -1 });
        Assert.Contains("at least 1 cluster", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenClustering(1) { Nearest = 0 }).Message);
        foreach (var tau in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Assert.Contains("above 0", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenClustering(tau)).Message);
            Assert.Throws<ArgumentOutOfRangeException>(() => new TokenReconstruction(1, tau));
        }
        using var scope = NewDisposeScope();
        var tokens = Random(4, 9);
        var view = View(tokens, 4, 9);
        Assert.Contains("no square", Assert.Throws<ArgumentException>(() => new TokenClustering(1).Reduce(view, 12)).Message);
        Assert.Contains("are not 10", Assert.Throws<ArgumentException>(() => new TokenClustering(1) { Centres = (3, 4) }.Reduce(view, 10)).Message);
        Assert.Contains("5 x 5 centres do not fit", Assert.Throws<ArgumentException>(() => new TokenClustering(1).Reduce(view, 25)).Message);
        Assert.Contains("between 1 and 36", Assert.Throws<ArgumentOutOfRangeException>(() => new TokenClustering(1).Reduce(view, 49)).Message);
        Assert.Contains("on none", Assert.Throws<InvalidOperationException>(() => new TokenClustering(1).Reduce(new TokenView(tokens, ones(2, 36)), 9)).Message);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var outer = NewDisposeScope();
        var tokens = Random(6, 6);
        foreach (var how in new[] { new TokenClustering(1) { Iterations = 0 }, new TokenClustering(1), new TokenClustering(1) { AllPairs = true } })
            LiveTensors.NothingStays(() =>
            {
                using var scope = NewDisposeScope();
                var reduction = how.Reduce(View(tokens, 6, 6), 9);
                reduction.Restore(reduction.Apply(tokens));
            });

        using var random = manual_seed(1);
        using var model = new VisionTransformer(segmenter);
        using var expedited = new ReducedTransformer(model, new TokenClustering(1), Behind(2, 64) with { RestoredBlocks = 0 });
        var images = randn(1, 3, 64, 64);
        LiveTensors.NothingStays(() => expedited.call(images).Dispose());
    }

    private static ReductionPlan Behind(int alpha, int keep) => new(new ReductionStep(alpha - 1, keep)) { Place = ReductionPlace.AfterBlock, Proportional = false, RestoredBlocks = 0 };

    private static TokenView View(Tensor tokens, int height, int width) => new(tokens, ones(tokens.shape[0], tokens.shape[1]), grid: (height, width));

    private static Tensor Random(int height, int width, int seed = 1)
    {
        using var generator = manual_seed(seed);
        return randn(2, height * width, 8);
    }

    private static Tensor Distances(Tensor tokens, Tensor centres) => (tokens.unsqueeze(2) - centres.unsqueeze(1)).square().sum([3L]);

    // As published: all distances, those outside of the window put out of reach.
    private static (Tensor Centres, Tensor Shares) Dense(Tensor tokens, (int Height, int Width) grid, (int Height, int Width) cells, int? window, int rounds, double tau)
    {
        var channels = tokens.shape[2];
        var centres = nn.functional.adaptive_avg_pool2d(tokens.transpose(1, 2).reshape(-1, channels, grid.Height, grid.Width), [cells.Height, cells.Width]).flatten(2).transpose(1, 2);
        var far = zeros(1, cells.Height * cells.Width, grid.Height * grid.Width);
        for (var token = 0; token < grid.Height * grid.Width; token++)
            for (var centre = 0; centre < cells.Height * cells.Width; centre++)
            {
                var (row, column) = (token / grid.Width * cells.Height / grid.Height, token % grid.Width * cells.Width / grid.Width);
                if (window / 2 is { } reach && (Math.Abs(row - centre / cells.Width) > reach || Math.Abs(column - centre % cells.Width) > reach)) far[0, centre, token] = 1e16f;
            }
        var q = far;
        for (var round = 0; round < rounds; round++)
        {
            q = (-tau * (Distances(centres, tokens) + far)).softmax(1); // [B, n, N]
            centres = q.matmul(tokens) / q.sum([2L], keepdim: true).clamp_min(1e-16);
        }
        return (centres, q);
    }
}
