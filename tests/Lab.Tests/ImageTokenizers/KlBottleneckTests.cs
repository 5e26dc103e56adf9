using Lab.ImageTokenizers;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class KlBottleneckTests
{
    [Fact]
    public void Evaluation_gives_the_mean_and_training_draws_around_it()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var bottleneck = new KlBottleneck(0.5);
        var mean = randn(1, 3, 1, 1).expand(20_000, 3, 1, 1);
        var z = cat([mean, full(mean.shape, Math.Log(0.25))], 1); // deviation 0.5
        var drawn = bottleneck.call(z);
        Near.Equal(mean[0].flatten(), drawn.Values.mean([0L]).flatten(), 0.05);
        Assert.Equal(0.5, drawn.Values.std([0L]).mean().item<float>(), 0.01);
        Assert.Equal(0.5 * 0.5 * (mean[0].square().mean().item<float>() + 0.25 - 1 - Math.Log(0.25)), drawn.Loss.item<float>(), 1e-4);
        bottleneck.eval();
        var known = bottleneck.call(z);
        Assert.True(known.Values.equal(mean).all().item<bool>());
        Assert.Equal(0, known.Loss.item<float>());
        Assert.Equal([20_000, 1, 1, 0], known.Codes.shape);
        Assert.Throws<NotSupportedException>(() => bottleneck.Lookup(known.Codes));
    }

    [Fact]
    public void The_divergence_of_the_standard_distribution_is_nothing_and_wild_variances_stay_finite()
    {
        using var scope = NewDisposeScope();
        using var bottleneck = new KlBottleneck(1);
        Assert.Equal(0, bottleneck.call(zeros(2, 4, 3, 3)).Loss.item<float>());
        foreach (var wild in new[] { -1e6, 1e6 })
        {
            var made = bottleneck.call(cat([zeros(1, 2, 1, 1), full([1, 2, 1, 1], wild)], 1));
            Assert.True(made.Values.isfinite().all().item<bool>() && made.Loss.isfinite().item<bool>());
        }
    }

    [Fact]
    public void A_variational_autoencoder_has_an_encoder_of_twice_the_channels_and_learns()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes, 64, 40, seed: 1);
        using var perceptual = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(perceptual, data.Images.Test);
        using var tokenizer = new ImageTokenizer(TokenizerTests.Tiny, () => new KlBottleneck(), seed: 2);
        var curve = new TokenizerRecipe(60, 16) { CurvePoints = 3 }.Train("run", tokenizer, data.Images.Train, perceptual, scorer, seed: 5);
        Assert.True(curve[^1].Psnr > curve[0].Psnr + 0.5, $"{curve[0].Psnr} -> {curve[^1].Psnr}");
        Assert.Null(scorer.Score(tokenizer).Use);
        using var latents = LatentStats.Latents(tokenizer, data.Images.Test, 10);
        Assert.Equal([10, 4, 4, 4], latents.shape);
    }

    [Fact]
    public void Stats_are_those_of_the_numbers()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var latents = randn(400, 3, 5, 5) * tensor(new[] { 1f, 2f, 0.04f }).view(1, 3, 1, 1) + tensor(new[] { 0f, 1f, 0f }).view(1, 3, 1, 1);
        var stats = LatentStats.Of(latents);
        Assert.Equal(1, stats.Scale * latents.std().item<float>(), 1e-4);
        Assert.Equal([0, 1, 0], stats.Means.Select(mean => Math.Round(mean, 1)));
        Assert.Equal([1, 2, 0], stats.Deviations.Select(deviation => Math.Round(deviation, 1)));
        Assert.Equal(2, stats.ActiveChannels);
        Assert.Equal(latents.abs().max().item<float>() * stats.Scale, stats.Largest, 1e-3);
        Assert.Equal(3, LatentStats.Of(randn(4000, 2, 5, 5)).Kurtosis, 0.1);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("0 or more, got -1", Assert.Throws<ArgumentException>(() => new KlBottleneck(-1)).Message);
        Assert.Contains("got [1, 3, 2, 2]", Assert.Throws<ArgumentException>(() => new KlBottleneck().call(zeros(1, 3, 2, 2))).Message);
        Assert.Contains("deviation is 0", Assert.Throws<ArgumentException>(() => LatentStats.Of(zeros(4, 2, 2, 2))).Message);
        Assert.Throws<ArgumentException>(() => LatentStats.Of(full([4, 2, 2, 2], float.NaN)));
    }

    [Fact]
    public void The_bottleneck_leaves_nothing_behind()
    {
        using var z = randn(2, 8, 3, 3);
        using var bottleneck = new KlBottleneck();
        LiveTensors.NothingStays(() => bottleneck.call(z).Dispose());
    }
}
