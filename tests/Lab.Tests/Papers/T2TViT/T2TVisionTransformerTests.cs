using Lab.Metrics;
using Lab.Papers.T2TViT;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.T2TViT;

public sealed class T2TVisionTransformerTests
{
    private static readonly T2TOptions small = new(T2TKind.Performer, 64, 2, 4, 3) { ImageSize = 64, Classes = 10 };

    // Trained parameters, numbers of the fixed positions, and multiply-adds at 224 pixels.
    public static TheoryData<string, T2TOptions, long, long, long> Presets => new()
    {
        { "7", T2TOptions.T2TViT7, 4_255_694, 50_432, 1_146_863_616 },
        { "12", T2TOptions.T2TViT12, 6_887_374, 50_432, 1_762_638_336 },
        { "14", T2TOptions.T2TViT14, 21_465_806, 75_648, 4_783_468_544 },
        { "24", T2TOptions.T2TViT24, 64_000_974, 100_864, 13_661_874_688 },
        { "t-14", T2TOptions.T2TViTt14, 21_465_422, 75_648, 6_088_721_920 },
        { "c-14", T2TOptions.T2TViTc14, 21_346_344, 75_648, 4_586_251_776 },
    };

    [Theory]
    [InlineData("t2t_small_transformer", T2TKind.Transformer)]
    [InlineData("t2t_small_performer", T2TKind.Performer)]
    public void Weights_of_the_reference_repository_give_its_logits(string file, T2TKind kind)
    {
        using var scope = NewDisposeScope();
        using var golden = Safetensors.Load(Path.Combine(AppContext.BaseDirectory, "golden", $"{file}.safetensors"));
        using var model = new T2TVisionTransformer(small with { Kind = kind });
        ModuleWeights.Load(model, golden, "model.");
        model.eval();
        Near.Equal(golden["output"], model.call(golden["input"]), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Presets_have_their_parameters(string name, T2TOptions options, long trained, long positions, long macs)
    {
        Assert.NotEmpty(name);
        Assert.True(macs > 0);
        using var scope = NewDisposeScope();
        using var model = MetaDevice.Build(() => new T2TVisionTransformer(options));
        Assert.Equal(trained, model.parameters().Where(p => p.requires_grad).Sum(p => p.numel()));
        var frozen = model.named_parameters().Where(p => !p.parameter.requires_grad).ToDictionary(p => p.name, p => p.parameter.numel());
        Assert.Equal(positions, frozen["pos_embed"]);
        frozen.Remove("pos_embed");
        Assert.Equal(options.Kind == T2TKind.Performer ? [2_048, 2_048] : [], frozen.Values); // random directions
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Presets_have_their_cost(string name, T2TOptions options, long trained, long positions, long macs)
    {
        Assert.NotEmpty(name);
        Assert.True(trained > positions);
        using var scope = NewDisposeScope();
        using var model = new T2TVisionTransformer(options);
        Assert.Equal(macs, MacCounter.Count(model, zeros(1, 3, 224, 224)).Total);
    }

    [Fact]
    public void Grids_follow_equation_3()
    {
        Assert.Equal([56, 28, 14], T2TOptions.T2TViT14.Grids);
        Assert.Equal([96, 48, 24], (T2TOptions.T2TViT14 with { ImageSize = 384 }).Grids);
        foreach (var split in from k in Enumerable.Range(1, 7) from s in Enumerable.Range(1, 5) from p in Enumerable.Range(0, 4) select new Split(k, s, p))
            foreach (var size in new[] { 7, 16, 31 })
            {
                var starts = 0;
                for (var start = -split.Padding; start + split.Kernel <= size + split.Padding; start += split.Stride) starts++;
                Assert.Equal(starts, split.Windows(size));
            }
    }

    [Fact]
    public void A_split_without_overlap_is_a_patch_embedding()
    {
        using var scope = NewDisposeScope();
        var (images, conv) = (randn(2, 3, 16, 16), nn.Conv2d(3, 10, 4, stride: 4));
        var tokens = SoftSplit.Of(images, new(4, 4, 0)).matmul(conv.weight.view(10, -1).t()) + conv.bias!;
        Near.Equal(conv.call(images).flatten(2).transpose(1, 2), tokens);
    }

    [Theory]
    [InlineData(3, 2, 1)]
    [InlineData(5, 2, 2)]
    [InlineData(7, 4, 2)]
    public void Windows_hold_the_whole_image(int kernel, int stride, int padding)
    {
        using var scope = NewDisposeScope();
        var image = randn(2, 3, 16, 16);
        Tensor Fold(Tensor tokens) => nn.functional.fold(tokens.transpose(1, 2), 16, kernel, padding: padding, stride: stride);
        var split = new Split(kernel, stride, padding);
        Near.Equal(image, Fold(SoftSplit.Of(image, split)) / Fold(SoftSplit.Of(ones_like(image), split)));
    }

    [Fact]
    public void Structure_is_given_back_channel_by_channel()
    {
        using var scope = NewDisposeScope();
        var image = randn(2, 5, 4, 4);
        Assert.True(SoftSplit.Restructure(image.flatten(2).transpose(1, 2)).equal(image).all().item<bool>());
        Assert.Contains("15 tokens", Assert.Throws<ArgumentException>(() => SoftSplit.Restructure(randn(1, 15, 4))).Message);
    }

    [Fact]
    public void Random_features_estimate_the_exponential()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var (q, k) = (nn.functional.normalize(randn(1, 16), dim: 1), nn.functional.normalize(randn(1, 16), dim: 1) * 0.8);
        var directions = randn(20_000, 16);
        var estimate = (TokenPerformer.Features(q, directions) * TokenPerformer.Features(k, directions)).sum().item<float>();
        Assert.Equal(1, estimate / Math.Exp((q * k).sum().item<float>()), 0.05);
    }

    [Fact]
    public void Weights_of_a_performer_sum_to_one()
    {
        using var scope = NewDisposeScope();
        using var layer = new TokenPerformer(27, 16);
        var (q, k) = (layer.Features(randn(2, 9, 16) / 4), layer.Features(randn(2, 9, 16) / 4));
        Near.Equal(ones(2, 9, 16), TokenPerformer.Attend(q, k, ones(2, 9, 16)), 1e-5);
        var weights = q.matmul(k.transpose(1, 2));
        var v = randn(2, 9, 16);
        Near.Equal((weights / weights.sum(-1, keepdim: true)).matmul(v), TokenPerformer.Attend(q, k, v), 1e-4);
        var directions = layer.get_parameter("w")!;
        Near.Equal(8 * eye(8), directions.matmul(directions.t()), 1e-5); // orthogonal, of length sqrt m
    }

    [Fact]
    public void What_passes_a_layer_by_passes_through_v()
    {
        using var scope = NewDisposeScope();
        using var layer = new TokenTransformer(27, 16);
        using (no_grad())
        {
            layer.get_parameter("attn.qkv.weight")![32..].zero_();
            layer.get_parameter("attn.proj.bias")!.normal_();
        }
        layer.eval();
        Near.Equal(layer.call(randn(1, 9, 27)), layer.call(randn(1, 9, 27) * 5), 1e-6); // nothing of x survives
    }

    [Theory]
    [InlineData(T2TKind.Performer)]
    [InlineData(T2TKind.Transformer)]
    [InlineData(T2TKind.Convolution)]
    [InlineData(T2TKind.None)]
    public void Every_kind_has_as_many_tokens_and_learns(T2TKind kind)
    {
        using var scope = NewDisposeScope();
        using var model = new T2TVisionTransformer(new(kind, 16, 2, 2, 2) { ImageSize = 32, Splits = [new(5, 2, 2), new(3, 2, 1)], TokenDim = 8, Classes = 4 });
        var images = randn(2, 3, 32, 32);
        Assert.Equal([2, 64, 16], model.Tokenizer.call(images).shape);
        var attention = model.ClassAttention(images);
        Assert.Equal([2, 64], attention.shape);
        Assert.InRange(attention.sum(1).max().item<float>(), 0, 1);
        model.call(images).square().sum().backward();
        Assert.All(model.named_parameters(), p => Assert.Equal(p.parameter.requires_grad, p.parameter.grad is not null));
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        Refused("at least 1", small with { Splits = [new(0, 1, 0)] });
        Refused("at least 1", small with { Splits = [new(3, 0, 0)] });
        Refused("at least 1 split", small with { Splits = [] });
        Refused("leave no window", small with { ImageSize = 4, Splits = [new(7, 4, 0)] });
        Refused("at least 1 random feature", small with { KernelRatio = 0.01 });
        Refused("no kind", small with { Kind = (T2TKind)9 });
        Refused("do not tile", small with { Kind = T2TKind.None, ImageSize = 60, Splits = [new(7, 4, 2), new(3, 2, 0)] });
        Refused("heads", small with { Heads = 5 });
        using var model = new T2TVisionTransformer(small);
        Assert.Contains("17 rows", Assert.Throws<ArgumentException>(() => model.call(zeros(1, 3, 96, 96))).Message);
        Assert.Equal(2, new Split(3, 5, 0).Windows(8)); // gaps between windows are allowed

        static void Refused(string part, T2TOptions options) => Assert.Contains(part, Assert.Throws<ArgumentException>(() => new T2TVisionTransformer(options)).Message);
    }
}
