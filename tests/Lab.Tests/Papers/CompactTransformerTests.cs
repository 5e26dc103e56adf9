using Lab.Metrics;
using Lab.Nn;
using Lab.Papers.CompactTransformers;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class CompactTransformerTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Generator random = new(7);

    private static CctOptions Tiny => new(CompactFamily.CCT, new(Depth: 2, Heads: 2, MlpRatio: 1, EmbedDim: 16), KernelSize: 3, ConvLayers: 2) { HiddenChannels = 8 };

    public void Dispose()
    {
        random.Dispose();
        scope.Dispose();
    }

    public static TheoryData<CctOptions, long, long, long, long> Counts => new()
    {
        { CctOptions.Cct2_3x2, 64, 283_723, 33_236_224, 35_341_568 },
        { CctOptions.Cct4_3x2, 64, 482_123, 45_819_136, 50_021_632 },
        { CctOptions.Cct6_3x2, 64, 3_326_923, 240_863_744, 253_463_040 },
        { CctOptions.Cct7_3x2, 64, 3_853_259, 274_418_176, 289_114_624 },
        { CctOptions.Cct7_3x1, 256, 3_760_139, 946_670_080, 1_181_616_640 },
        { CctOptions.ViTLite7_4, 64, 3_716_874, 239_340_032, 254_482_432 }, // and a class token
        { CctOptions.Cvt7_4, 64, 3_716_619, 235_686_400, 250_382_848 },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void Parameters_and_both_counts_of_multiply_adds_are_those_of_the_paper(CctOptions options, long tokens, long parameters, long weights, long total)
    {
        using var model = new CompactTransformer(options);
        using var image = zeros(1, 3, 32, 32);

        var macs = MacCounter.Count(model, image);

        Assert.Equal(tokens, options.Tokens);
        Assert.Equal(parameters, model.parameters().Sum(p => p.numel()));
        Assert.Equal(weights, macs.Weights);
        Assert.Equal(total, macs.Total);
    }

    public static TheoryData<CctOptions, double, double> ReportedInMillions => new()
    {
        { CctOptions.Cct6_3x1 with { Position = PositionKind.None }, 3.168, 813 }, // reported without the position table
        { CctOptions.Cvt6_4, 3.190, 202 }, // no multiply-adds reported: ours
        { CctOptions.ViTLite6_4, 3.191, 205 }, // likewise
        { CctOptions.Cct14_7x2_224, 22.36, 5_110 },
        { CctOptions.Cct14_7x2_384, 22.51, 15_020 },
    };

    [Theory]
    [MemberData(nameof(ReportedInMillions))]
    public void Other_official_models_round_to_the_reported_figures(CctOptions options, double parameters, double macs)
    {
        using var model = new CompactTransformer(options);
        using var image = zeros(1, 3, options.ImageSize, options.ImageSize);
        Assert.Equal(parameters, model.parameters().Sum(p => p.numel()) / 1e6, tolerance: parameters * 0.0005);
        Assert.Equal(macs, MacCounter.Count(model, image).Weights / 1e6, tolerance: macs * 0.01);
    }

    [Fact]
    public void Every_official_model_classifies_a_picture_of_its_size()
    {
        foreach (var options in CctOptions.Official)
        {
            using var noGrad = no_grad();
            using var model = new CompactTransformer(options);
            model.eval();
            using var logits = model.call(zeros(1, 3, options.ImageSize, options.ImageSize));
            Assert.Equal([1, options.Classes], logits.shape);
        }
    }

    [Fact]
    public void The_best_small_model_has_a_larger_table_than_its_reported_count_knows()
    {
        using var model = new CompactTransformer(CctOptions.Cct6_3x1);
        Assert.Equal(3_233_803, model.parameters().Sum(p => p.numel()));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Cvt_has_one_width_less_one_parameters_fewer_than_ViT_Lite(int depth)
    {
        var size = CompactSize.OfDepth(depth);
        using var vit = new CompactTransformer(new(CompactFamily.ViTLite, size, KernelSize: 4));
        using var cvt = new CompactTransformer(new(CompactFamily.CVT, size, KernelSize: 4));
        Assert.Equal(size.EmbedDim - 1, vit.parameters().Sum(p => p.numel()) - cvt.parameters().Sum(p => p.numel()));
    }

    [Theory]
    [InlineData(32, 3, 1, 256)]
    [InlineData(32, 3, 2, 64)]
    [InlineData(32, 3, 3, 16)]
    [InlineData(224, 7, 2, 196)]
    [InlineData(384, 7, 2, 576)]
    public void A_picture_gives_this_many_tokens(int side, int kernel, int convLayers, long expected)
    {
        var options = Tiny with { ImageSize = side, KernelSize = kernel, ConvLayers = convLayers };
        using var model = new CompactTransformer(options);
        Assert.Equal(expected, options.Tokens);
        Assert.Equal([1, expected, 16], model.Tokenize(zeros(1, 3, side, side)).shape);
    }

    [Fact]
    public void A_token_of_Cct_3x2_sees_overlapping_fields_of_13_pixels_every_4_pixels()
    {
        using var model = new CompactTransformer(Tiny);
        Assert.Equal(new ReceptiveField(Size: 13, Stride: 4, Start: -6), model.TokenField);

        // Token (4, 4) changes exactly when a pixel of 10 .. 22 in both directions does.
        using var noGrad = no_grad();
        var image = randn([1, 3, 32, 32], generator: random);
        var before = model.Tokenize(image)[0, 4 * 8 + 4].clone();
        Tensor After(int x, int y)
        {
            var changed = image.clone();
            changed[0, .., y, x] += 100;
            return model.Tokenize(changed)[0, 4 * 8 + 4];
        }
        Assert.NotEqual(before, After(10, 10));
        Assert.NotEqual(before, After(22, 22));
        Assert.Equal(before, After(9, 16));
        Assert.Equal(before, After(16, 23));
    }

    [Fact]
    public void Patches_of_4_pixels_do_not_overlap()
    {
        using var model = new CompactTransformer(CctOptions.Cvt2_4);
        Assert.Equal(new ReceptiveField(Size: 4, Stride: 4, Start: 0), model.TokenField);
    }

    [Theory]
    [InlineData(CompactFamily.CVT)]
    [InlineData(CompactFamily.ViTLite)]
    public void Without_positions_the_order_of_tokens_does_not_matter(CompactFamily family)
    {
        using var model = new CompactTransformer(new(family, Tiny.Size, KernelSize: 4) { Position = PositionKind.None });
        model.eval();
        var tokens = randn([2, 64, 16], generator: random);
        var shuffled = tokens.index_select(1, randperm(64, generator: random));
        Near.Equal(model.Classify(tokens), model.Classify(shuffled));
    }

    [Fact]
    public void With_positions_the_order_of_tokens_matters()
    {
        using var model = new CompactTransformer(CctOptions.Cvt2_4 with { Size = Tiny.Size });
        model.eval();
        var tokens = randn([2, 64, 16], generator: random);
        Assert.True(Near.RelativeError(model.Classify(tokens), model.Classify(tokens.flip(1))) > 1e-3);
    }

    [Fact]
    public void Cct_without_positions_still_feels_the_order_of_pixels()
    {
        using var model = new CompactTransformer(Tiny with { Position = PositionKind.None });
        model.eval();
        var image = randn([1, 3, 32, 32], generator: random);
        var shuffled = image.flatten(2).index_select(2, randperm(32 * 32, generator: random)).reshape(1, 3, 32, 32);
        Assert.True(Near.RelativeError(model.call(image), model.call(shuffled)) > 1e-3);
    }

    [Fact]
    public void Without_positions_other_sizes_are_welcome()
    {
        using var model = new CompactTransformer(Tiny with { Position = PositionKind.None });
        model.eval();
        Assert.Equal([1, 10], model.call(zeros(1, 3, 48, 40)).shape);
    }

    [Theory]
    [InlineData(PositionKind.Learned)]
    [InlineData(PositionKind.Sine)]
    public void With_a_table_another_size_is_an_error_that_names_both_lengths(PositionKind position)
    {
        using var model = new CompactTransformer(Tiny with { Position = position });
        var error = Assert.Throws<ArgumentException>(() => model.call(zeros(1, 3, 48, 48)));
        Assert.Contains("64 rows", error.Message);
        Assert.Contains("144 tokens", error.Message);
    }

    [Fact]
    public void Pooling_weights_form_a_grid_that_sums_to_one()
    {
        using var model = new CompactTransformer(Tiny);
        model.eval();
        var weights = model.TokenWeights(randn([3, 3, 32, 32], generator: random));
        Assert.Equal([3, 8, 8], weights.shape);
        Near.Equal(ones(3), weights.sum([1, 2]));
    }

    [Fact]
    public void A_class_token_pays_less_than_all_of_its_attention_to_the_picture()
    {
        using var model = new CompactTransformer(CctOptions.ViTLite2_4);
        model.eval();
        var weights = model.TokenWeights(randn([3, 3, 32, 32], generator: random));
        Assert.Equal([3, 8, 8], weights.shape);
        Assert.All(weights.sum([1, 2]).data<float>(), sum => Assert.InRange(sum, 0.5f, 0.9999f));
    }

    public static TheoryData<CctOptions, string> Wrong => new()
    {
        { Tiny with { ConvLayers = 0 }, "ConvLayers must be at least 1, got 0" },
        { Tiny with { KernelSize = 4 }, "must be odd so that kernels have a centre, got 4" },
        { Tiny with { HiddenChannels = 0 }, "HiddenChannels must be at least 1, got 0" },
        { Tiny with { Size = new(2, 3, 1, 16) }, "3 heads do not divide a width of 16" },
        { Tiny with { Size = new(0, 2, 1, 16) }, "Depth must be at least 1, got 0" },
        { Tiny with { Position = (PositionKind)9 }, "Position 9 is none of Learned, Sine, None" },
        { CctOptions.Cvt2_4 with { KernelSize = 5 }, "Patches of 5 pixels do not divide a side of 32 pixels" },
        { CctOptions.Cvt2_4 with { ConvLayers = 2 }, "CVT cuts patches, so it must be 1, got 2" },
        { Tiny with { Classes = 0 }, "Classes must be at least 1, got 0" },
        { Tiny with { DropPath = 1 }, "The rate of DropPath lies in [0, 1)" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_option_outside_its_range_is_named(CctOptions options, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => new CompactTransformer(options)).Message);

    [Fact]
    public void A_patch_that_does_not_tile_the_picture_is_an_error()
    {
        using var model = new CompactTransformer(CctOptions.Cvt2_4 with { Position = PositionKind.None });
        var error = Assert.Throws<ArgumentException>(() => model.call(zeros(1, 3, 30, 32)));
        Assert.Contains("Patches of 4x4 pixels do not tile a picture of 30x32 pixels", error.Message);
    }

    [Fact]
    public void Names_are_those_of_the_paper()
    {
        Assert.Equal("CCT-7/3x1", CctOptions.Cct7_3x1.Name);
        Assert.Equal("ViT-Lite-2/4", CctOptions.ViTLite2_4.Name);
        Assert.Equal("CVT-7/8", CctOptions.Cvt7_8.Name);
    }
}
