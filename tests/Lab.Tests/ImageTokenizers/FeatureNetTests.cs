using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Metrics;
using Lab.Quantization;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class FeatureNetTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Bodies_have_the_counts_of_the_specification()
    {
        using var perceptual = new FeatureNet(FeatureNetOptions.Perceptual(1).Widths, []);
        using var metric = new FeatureNet(FeatureNetOptions.Metric(1).Widths, []);
        Assert.Equal(23_808, perceptual.parameters().Sum(p => p.numel()));
        Assert.Equal(56_640, metric.parameters().Sum(p => p.numel()));
        using var picture = zeros(1, 3, 32, 32);
        Assert.Equal(1.4, 2e-6 * MacCounter.Count(perceptual, picture).Total, 0.05);
        Assert.Equal(3.98, 2e-6 * MacCounter.Count(metric, picture).Total, 0.05);
    }

    [Theory]
    [InlineData(16, 3)]
    [InlineData(32, 3)]
    [InlineData(64, 4)]
    [InlineData(128, 5)]
    public void Larger_pictures_get_more_blocks(int size, int blocks)
    {
        foreach (var options in new[] { FeatureNetOptions.Perceptual(1, size), FeatureNetOptions.Metric(1, size) })
        {
            Assert.Equal(blocks, options.Widths.Count);
            Assert.Equal(64, options.Widths[^1]);
        }
    }

    [Fact]
    public void Pictures_of_64_pixels_are_tokenized_and_judged()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes with { Size = 64 }, 32, 16, seed: 3);
        var (perceptual, metric) = FeatureNets.Both(data, (2, 2), 16, cache: new ModelCache(folder));
        using var both = perceptual;
        using var judge = metric;
        using var scorer = new TokenizerScorer(metric.Network, data.Images.Test);
        using var tokenizer = new ImageTokenizer(TokenizerConfig.P64_8m with { ZChannels = 4 }, () => new QuantizedBottleneck(new FiniteScalarQuantizer(8, 5, 5, 5)), seed: 1);
        Assert.Equal(4, perceptual.Network.Taps(zeros(1, 3, 64, 64)).Count);
        Assert.Equal([1, 8, 8, 1], tokenizer.call(zeros(1, 3, 64, 64)).Codes.shape);
        Assert.True(double.IsFinite(scorer.Score(tokenizer).Frechet));
    }

    [Fact]
    public void Data_of_one_label_keep_their_classes_and_part_of_the_test()
    {
        LabeledImages Grey(int count) => new(full(count, 3, 32, 32, 128, dtype: uint8), arange(count, int64) % 10, [.. Enumerable.Range(0, 10).Select(i => $"c{i}")], "grey");
        using var data = TokenizerData.Classified("grey", new(Grey(30), Grey(20)), test: 5);
        Assert.Equal((30, 5, 10), (data.Images.Train.Count, data.Images.Test.Count, data.ConditionCount));
        Assert.Equal("class", Assert.Single(data.Heads).Name);
    }

    [Fact]
    public void Classes_come_apart_into_heads()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes, 40, 8, seed: 3);
        using var batch = TokenizerTests.SmallShapes.Generate(40, 3);
        var parts = data.Split(data.Images.Train.Labels);
        foreach (var (attribute, part) in new[] { SceneAttribute.Shape, SceneAttribute.Colour, SceneAttribute.Size, SceneAttribute.Texture }.Zip(parts))
            Assert.Equal(batch.Labels(attribute).data<long>(), part.data<long>());
        Assert.Equal([4, 6, 2, 4], data.Heads.Select(head => head.Classes));
    }

    [Fact]
    public void Equal_pictures_have_no_distance_and_different_ones_a_gradient()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var network = new FeatureNet([8, 16], []);
        foreach (var weight in network.parameters()) weight.requires_grad = false;
        var (x, y) = (randn(2, 3, 16, 16), randn(2, 3, 16, 16).requires_grad_());
        Assert.Equal(0, network.Distance(x, x).item<float>());
        Assert.Equal(network.Distance(x, y).item<float>(), network.Distance(y, x).item<float>(), 6);
        network.Distance(x, y).backward();
        Assert.True(y.grad!.abs().sum().item<float>() > 0);
        Assert.True(zeros(1, 3, 16, 16).requires_grad_() is var flat && network.Distance(flat, x[..1]).isfinite().item<bool>());
    }

    [Fact]
    public void Training_learns_and_the_cache_gives_the_same_network_again()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes, 256, 64, seed: 3);
        var options = new FeatureNetOptions("metric", [16, 16], 1, 40) { BatchSize = 32 };
        var cache = new ModelCache(folder);
        using var first = FeatureNets.GetOrTrain(options, data, cache: cache);
        using var again = FeatureNets.GetOrTrain(options, data, cache: cache);
        Assert.False(first.FromCache);
        Assert.True(again.FromCache);
        Assert.True(first.Accuracy["colour"] > 0.4, $"{first.Accuracy["colour"]}"); // chance: 1 / 6
        Assert.Equal(first.Accuracy, again.Accuracy);
        Assert.All(again.Network.parameters(), weight => Assert.False(weight.requires_grad));
        Assert.False(again.Network.training);
    }

    [Fact]
    public void Another_width_seed_or_data_set_is_another_network()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes, 16, 8, seed: 3);
        using var other = TokenizerData.Drawn(TokenizerTests.SmallShapes, 16, 8, seed: 4);
        var options = new FeatureNetOptions("metric", [16, 16], 1, 2);
        string[] keys =
        [
            FeatureNets.Key(options, data, CPU), FeatureNets.Key(options with { Seed = 2 }, data, CPU), FeatureNets.Key(options with { Widths = [16, 8] }, data, CPU),
            FeatureNets.Key(options with { Steps = 3 }, data, CPU), FeatureNets.Key(options with { Role = "perceptual" }, data, CPU), FeatureNets.Key(options, other, CPU),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void A_truncated_file_is_trained_anew()
    {
        using var data = TokenizerData.Drawn(TokenizerTests.SmallShapes, 32, 8, seed: 3);
        var options = new FeatureNetOptions("metric", [8], 1, 2) { BatchSize = 16 };
        var cache = new ModelCache(folder);
        FeatureNets.GetOrTrain(options, data, cache: cache).Dispose();
        var file = cache.PathOf(FeatureNets.Key(options, data, CPU));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^40]);
        using var again = FeatureNets.GetOrTrain(options, data, cache: cache);
        Assert.False(again.FromCache);
    }
}
