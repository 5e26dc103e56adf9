using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Metrics;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class TokenizerTests
{
    // Name, parameters of encoder and decoder, and the MFLOP of their forward passes, as the specification counts them.
    public static TheoryData<TokenizerConfig, long, long, double, double> Presets => new()
    {
        { TokenizerConfig.P32_4s, 44_600, 63_072, 5.65, 8.01 },
        { TokenizerConfig.P32_4m, 152_008, 176_624, 19.33, 22.48 },
        { TokenizerConfig.P32_8m, 353_200, 500_832, 11.26, 15.97 },
        { TokenizerConfig.P64_8m, 185_960, 333_600, 23.69, 42.57 },
        { TokenizerConfig.C32_4, 645_896, 793_539, 146, 302 },
        { TokenizerConfig.C32_4L, 5_605_576, 6_712_067, 1_222, 2_040 },
        { TokenizerConfig.C64_8L, 8_558_024, 9_664_515, 4_240, 7_738 },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void Presets_have_the_counts_of_the_specification(TokenizerConfig config, long encoder, long decoder, double encoderFlops, double decoderFlops)
    {
        using var scope = NewDisposeScope();
        using var tokenizer = new ImageTokenizer(config, () => new IdentityBottleneck(), seed: 1);
        Assert.Equal(encoder, tokenizer.Encoder.parameters().Sum(p => p.numel()));
        Assert.Equal(decoder, tokenizer.Decoder.parameters().Sum(p => p.numel()));
        var picture = zeros(1, 3, config.Size, config.Size);
        var latents = zeros(1, config.ZChannels, config.Grid, config.Grid);
        Assert.Equal(encoderFlops, 2e-6 * MacCounter.Count(tokenizer.Encoder, picture).Total, encoderFlops < 100 ? 0.006 : 0.6);
        Assert.Equal(decoderFlops, 2e-6 * MacCounter.Count(tokenizer.Decoder, latents).Total, decoderFlops < 100 ? 0.006 : 0.6);
        Assert.Equal(picture.shape, tokenizer.call(picture).Images.shape);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Patch_tokenizers_of_every_factor_give_back_the_size(int factor)
    {
        using var scope = NewDisposeScope();
        using var tokenizer = new ImageTokenizer(Tiny with { Size = 32, Factor = factor }, () => new IdentityBottleneck(), seed: 1);
        var latents = tokenizer.Encode(zeros(2, 3, 32, 32));
        Assert.Equal([2, 4, 32 / factor, 32 / factor], latents.shape);
        Assert.Equal([2, 3, 32, 32], tokenizer.Decode(latents).shape);
    }

    [Fact]
    public void With_one_token_a_picture_is_a_linear_map_of_what_precedes_the_last_convolution()
    {
        using var scope = NewDisposeScope();
        using var tokenizer = new ImageTokenizer(Tiny with { Size = 8, Factor = 8 }, () => new IdentityBottleneck(), seed: 1);
        var last = tokenizer.Decoder.named_parameters().Last(p => p.name.EndsWith("weight") && p.parameter.dim() == 4).parameter; // [192, 8, 3, 3]
        var bias = tokenizer.Decoder.named_parameters().Last(p => p.name.EndsWith("bias")).parameter;
        var latents = randn(1, 4, 1, 1);
        var hidden = latents;
        foreach (var layer in tokenizer.Decoder.children().SkipLast(2)) hidden = ((nn.Module<Tensor, Tensor>)layer).call(hidden);
        var flat = last[.., .., 1, 1].matmul(hidden.view(-1, 1)).view(-1) + bias; // the border of 1x1 is zeros: the middle of the kernel alone meets it
        Near.Equal(flat.view(3, 8, 8), tokenizer.Decode(latents)[0], 1e-4);
    }

    [Fact]
    public void Codes_give_the_pictures_bit_for_bit()
    {
        foreach (var (name, make) in Quantizers)
        {
            using var scope = NewDisposeScope();
            var quantizer = make();
            using var tokenizer = new ImageTokenizer(Tiny with { ZChannels = quantizer.Dim }, () => new QuantizedBottleneck(quantizer), seed: 1);
            var images = Pictures(12);
            tokenizer.call(images).Dispose(); // books that start with the first batch
            tokenizer.eval();
            var made = tokenizer.call(images);
            Assert.True(made.Images.equal(tokenizer.Detokenize(made.Codes)).all().item<bool>(), name);
            Assert.Equal(0, made.Loss.item<float>());
        }
    }

    [Fact]
    public void Rates_are_spread_over_pixels()
    {
        using var tokenizer = new ImageTokenizer(
            TokenizerConfig.P32_4s, () => new QuantizedBottleneck(new VectorQuantizer(new EmaCodebook(1024, 8))), seed: 1);
        Assert.Equal(0.625, tokenizer.BitsPerPixel);
    }

    [Fact]
    public void Encoder_and_decoder_start_the_same_whatever_stands_between()
    {
        using var one = new ImageTokenizer(Tiny, () => new IdentityBottleneck(), seed: 3);
        using var two = new ImageTokenizer(Tiny with { ZChannels = 7 }, () => new QuantizedBottleneck(new LookupFreeQuantizer(7)), seed: 3);
        using var other = new ImageTokenizer(Tiny, () => new IdentityBottleneck(), seed: 4);
        static IEnumerable<Tensor> Weights(ImageTokenizer tokenizer) => tokenizer.Encoder.parameters().SkipLast(2).Concat(tokenizer.Decoder.parameters().Skip(2)); // without those that meet the latents
        Assert.All(Weights(one).Zip(Weights(two)), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
        Assert.Contains(Weights(one).Zip(Weights(other)), pair => !pair.First.equal(pair.Second).all().item<bool>());
    }

    [Fact]
    public void A_seed_gives_the_same_losses_and_weights_again_whatever_is_evaluated()
    {
        using var data = TokenizerData.Drawn(SmallShapes, 64, 40, seed: 1);
        using var perceptual = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(perceptual, data.Images.Test);
        var runs = new[] { 4, 4, 30 }.Select(pictures =>
        {
            var tokenizer = new ImageTokenizer(Tiny, () => new QuantizedBottleneck(new VectorQuantizer(new EmaCodebook(16, 4))), seed: 2);
            var recipe = new TokenizerRecipe(6, 8) { CurvePoints = 2, CurvePictures = pictures };
            return (Tokenizer: tokenizer, Curve: recipe.Train("run", tokenizer, data.Images.Train, perceptual, scorer, seed: 5));
        }).ToArray();
        Assert.Equal(runs[0].Curve, runs[1].Curve);
        Assert.Equal(runs[0].Curve.Select(p => p.Loss), runs[2].Curve.Select(p => p.Loss));
        foreach (var run in runs)
        {
            foreach (var (name, value) in run.Tokenizer.state_dict()) Assert.True(value.equal(runs[0].Tokenizer.state_dict()[name]).all().item<bool>(), name);
            Assert.False(run.Tokenizer.training);
        }
        foreach (var run in runs) run.Tokenizer.Dispose();
    }

    [Fact]
    public void Training_lowers_the_loss_and_a_stop_is_heard()
    {
        using var data = TokenizerData.Drawn(SmallShapes, 64, 40, seed: 1);
        using var perceptual = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(perceptual, data.Images.Test);
        using var tokenizer = new ImageTokenizer(Tiny, () => new QuantizedBottleneck(new FiniteScalarQuantizer(8, 5, 5, 5)), seed: 2);
        var curve = new TokenizerRecipe(60, 16) { CurvePoints = 3 }.Train("run", tokenizer, data.Images.Train, perceptual, scorer, seed: 5);
        Assert.True(curve[^1].Psnr > curve[0].Psnr + 0.5, $"{curve[0].Psnr} -> {curve[^1].Psnr}");
        Assert.True(curve[^1].Loss < curve[0].Loss);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => new TokenizerRecipe(60, 16).Train("run", tokenizer, data.Images.Train, perceptual, scorer, 5, cancellation: stop.Token));
    }

    [Fact]
    public void Scores_range_between_equal_pictures_and_flat_ones()
    {
        using var data = TokenizerData.Drawn(SmallShapes, 64, 200, seed: 1);
        using var metric = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(metric, data.Images.Test);
        using var tokenizer = new ImageTokenizer(Tiny with { ZChannels = 2 }, () => new QuantizedBottleneck(new FiniteScalarQuantizer(3, 3)), seed: 2);
        tokenizer.eval();
        var score = scorer.Score(tokenizer);
        Assert.InRange(scorer.Range.Floor, 0, scorer.Range.Ceiling);
        Assert.Equal(200, scorer.Range.Count);
        Assert.True(score.Frechet > scorer.Range.Floor);
        Assert.InRange(score.Use!.Perplexity, 1, 9);
        Assert.InRange(score.EntropyBits!.Value, 0, Math.Log2(9));
        Assert.Equal(Math.Log2(9) / 16, score.BitsPerPixel, 6);
        Assert.True(score.Perceptual > 0 && score.Ssim < 1 && double.IsFinite(score.Psnr));
    }

    [Fact]
    public void The_gap_of_hard_training_is_nothing_that_of_soft_training_something_and_neither_changes_the_tokenizer()
    {
        using var data = TokenizerData.Drawn(SmallShapes, 64, 40, seed: 1);
        using var metric = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(metric, data.Images.Test);
        foreach (var soft in new[] { false, true })
        {
            LearnedCodebook Book() => new(16, 4) { RevivalThreshold = 2 };
            using var tokenizer = new ImageTokenizer(
                Tiny, () => new QuantizedBottleneck(soft ? new SoftVectorQuantizer(Book()) : new VectorQuantizer(Book())), seed: 2);
            new TokenizerRecipe(4, 8).Train("run", tokenizer, data.Images.Train, metric, scorer, seed: 5);
            var before = tokenizer.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
            var gap = Math.Abs(scorer.TrainingGap(tokenizer, 40));
            if (soft) Assert.True(gap > 1e-3, $"{gap}");
            else Assert.InRange(gap, 0, 1e-4);
            foreach (var (name, value) in tokenizer.state_dict()) Assert.True(value.equal(before[name]).all().item<bool>(), name);
            Assert.False(tokenizer.Bottleneck.training);
        }
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Refused("5x5 do not tile a picture of 32x32", Tiny with { Size = 32, Factor = 5 });
        Refused("at least 1 channel, got 0", Tiny with { ZChannels = 0 });
        Refused("multiples of 8, the groups of the normalization; got 12", Tiny with { Widths = [12] });
        Refused("got 0", Tiny with { Widths = [0] });
        Refused("at least 1 residual block, got 0", Tiny with { Depth = 0 });
        Refused("got 2 widths", Tiny with { Widths = [8, 8] });
        Refused("got 2 widths", TokenizerConfig.C32_4 with { Widths = [8, 8] });
        using var tokenizer = new ImageTokenizer(Tiny, () => new IdentityBottleneck(), seed: 1);
        Assert.Contains("got [0, 3, 16, 16]", Assert.Throws<ArgumentException>(() => tokenizer.call(zeros(0, 3, 16, 16))).Message);
        Assert.Contains("got [1, 3, 8, 8]", Assert.Throws<ArgumentException>(() => tokenizer.call(zeros(1, 3, 8, 8))).Message);
        Assert.Throws<NotSupportedException>(() => tokenizer.Detokenize(zeros([1, 4, 4, 0], ScalarType.Int64)));
    }

    [Fact]
    public void A_tokenizer_leaves_nothing_behind()
    {
        using var images = Pictures(4);
        using var tokenizer = new ImageTokenizer(Tiny with { ZChannels = 7 }, () => new QuantizedBottleneck(new LookupFreeQuantizer(7)), seed: 1);
        LiveTensors.NothingStays(() =>
        {
            using var made = tokenizer.call(images);
            using var again = tokenizer.Detokenize(made.Codes);
        });
    }

    internal static Shapes SmallShapes { get; } = Shapes.Tokenizer32 with { Size = 16 };

    internal static TokenizerConfig Tiny { get; } = new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 4);

    private static readonly (string, Func<Quantizer>)[] Quantizers =
    [
        ("vector", () => new VectorQuantizer(new EmaCodebook(32, 4))),
        ("on the sphere, narrower", () => new VectorQuantizer(new EmaCodebook(32, 3) { OnSphere = true })),
        ("linear", () => new VectorQuantizer(new LinearCodebook(32, 4))),
        ("residual", () => new ResidualQuantizer([new VectorQuantizer(new EmaCodebook(8, 4)), new VectorQuantizer(new EmaCodebook(8, 4))])),
        ("product", () => new ProductQuantizer([new VectorQuantizer(new EmaCodebook(8, 2)), new VectorQuantizer(new EmaCodebook(8, 2))])),
        ("additive", () => new AdditiveQuantizer(randn(2, 8, 4))),
        ("finite scalar", () => new FiniteScalarQuantizer(8, 5, 5, 5)),
        ("lookup-free", () => new LookupFreeQuantizer(6)),
        ("binary spherical", () => new BinarySphericalQuantizer(6)),
        ("soft", () => new SoftVectorQuantizer(new LearnedCodebook(32, 4))),
        ("gumbel", () => new GumbelQuantizer(new LearnedCodebook(32, 4))),
    ];

    private static Tensor Pictures(int count)
    {
        using var batch = SmallShapes.Generate(count, seed: 1);
        return batch.Images.clone();
    }

    private static void Refused(string part, TokenizerConfig config) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => new ImageTokenizer(config, () => new IdentityBottleneck(), seed: 1)).Message);
}
