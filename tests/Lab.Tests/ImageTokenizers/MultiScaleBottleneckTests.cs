using Lab.ImageTokenizers;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class MultiScaleBottleneckTests
{
    [Theory]
    [InlineData("moving averages")]
    [InlineData("learned, on the sphere")]
    public void Lookup_gives_the_values_bit_for_bit(string kind)
    {
        using var scope = NewDisposeScope();
        using var bottleneck = Make(kind);
        bottleneck.call(randn(4, 3, 8, 8));
        bottleneck.eval();
        var made = bottleneck.call(2 * randn(5, 3, 8, 8));
        Assert.Equal([5, 1, 85, 1], made.Codes.shape);
        Assert.Equal([5, 3, 8, 8], made.Values.shape);
        Assert.True(bottleneck.Lookup(made.Codes).equal(made.Values).all().item<bool>());
        Assert.Equal(0, made.Loss.item<float>());
    }

    [Fact]
    public void One_scale_is_vector_quantization_behind_half_a_convolution()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var book = new EmaCodebook(16, 3, CodebookStart.Normal);
        using var bottleneck = new MultiScaleBottleneck(3, [4], book);
        bottleneck.eval();
        var z = randn(2, 3, 4, 4);
        var made = bottleneck.call(z);
        var codes = NearestCode.Search(z.permute(0, 2, 3, 1).reshape(-1, 3), book.Vectors);
        Assert.True(made.Codes.flatten().equal(codes).all().item<bool>());
        var grid = book.Vectors.index_select(0, codes).view(2, 4, 4, 3).permute(0, 3, 1, 2);
        var weights = bottleneck.state_dict();
        var smoothed = nn.functional.conv2d(grid, weights["smoothing0.weight"], weights["smoothing0.bias"], padding: [1L, 1]);
        Near.Equal((grid + smoothed) / 2, made.Values, 1e-5);
    }

    [Fact]
    public void A_coarse_code_is_that_of_the_mean_and_finer_ones_of_what_is_left()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        var book = new EmaCodebook(32, 3, CodebookStart.Normal);
        using var bottleneck = new MultiScaleBottleneck(3, [1, 2, 4], book);
        bottleneck.eval();
        var z = randn(6, 3, 4, 4);
        var codes = bottleneck.call(z).Codes;
        Assert.True(codes[.., 0, 0, 0].equal(NearestCode.Search(z.mean([2L, 3]), book.Vectors)).all().item<bool>());
        var left = z - bottleneck.Lookup(codes, scales: 1);
        var quarters = nn.functional.avg_pool2d(left, [2L, 2], [2L, 2]).permute(0, 2, 3, 1).reshape(-1, 3);
        Assert.True(codes[.., 0, 1..5, 0].reshape(-1).equal(NearestCode.Search(quarters, book.Vectors)).all().item<bool>());
    }

    [Fact]
    public void The_gradient_goes_straight_through_and_the_loss_teaches_book_and_convolutions()
    {
        using var scope = NewDisposeScope();
        using var bottleneck = Make("learned");
        var z = randn(2, 3, 8, 8).requires_grad_();
        var (made, upstream) = (bottleneck.call(z), randn(2, 3, 8, 8));
        (made.Values * upstream).sum().backward(retain_graph: true);
        Assert.True(z.grad!.equal(upstream).all().item<bool>());
        made.Loss.backward();
        Assert.All(bottleneck.parameters(), weight => Assert.True(weight.grad is { } gradient && gradient.abs().sum().item<float>() > 0));
    }

    [Fact]
    public void Training_brings_every_further_scale_nearer()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        using var bottleneck = new MultiScaleBottleneck(2, [1, 2, 4], new EmaCodebook(64, 2) { RevivalThreshold = 0.1 });
        var z = randn(64, 2, 1, 1) + 0.7 * randn(64, 2, 2, 2).repeat_interleave(2, 2).repeat_interleave(2, 3) + 0.5 * randn(64, 2, 4, 4);
        using var adam = optim.Adam(bottleneck.parameters(), 1e-2);
        for (var step = 0; step < 60; step++)
        {
            using var inner = NewDisposeScope();
            adam.zero_grad();
            bottleneck.call(z).Loss.backward();
            adam.step();
        }
        bottleneck.eval();
        var codes = bottleneck.call(z).Codes;
        var errors = Enumerable.Range(1, 3).Select(scales => (bottleneck.Lookup(codes, scales) - z).square().mean().item<float>()).Prepend(z.square().mean().item<float>()).ToArray();
        Assert.All(errors.Zip(errors.Skip(1)), pair => Assert.True(pair.Second < 0.85 * pair.First, string.Join(" ", errors)));
    }

    [Fact]
    public void Bits_count_the_codes_of_all_grids()
    {
        using var bottleneck = Make("moving averages");
        Assert.Equal(85.0 / 64, bottleneck.CodesPerPosition);
        Assert.Equal(85.0 / 64 * 5, bottleneck.BitsPerPosition, 12);
    }

    [Fact]
    public void A_tokenizer_reconstructs_from_its_codes()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        using var tokenizer = new ImageTokenizer(TokenizerConfig.P32_4s with { ZChannels = 3 }, () => Make("moving averages"), seed: 1);
        var images = rand(3, 3, 32, 32) * 2 - 1;
        tokenizer.call(images);
        tokenizer.eval();
        var made = tokenizer.call(images);
        Near.Equal(made.Images, tokenizer.Detokenize(made.Codes), 1e-5);
        Assert.Equal(85.0 / 64 * 5 / 16, tokenizer.BitsPerPixel, 12);
    }

    [Fact]
    public void Nothing_stays_behind()
    {
        using var bottleneck = Make("moving averages");
        using var z = randn(2, 3, 8, 8);
        LiveTensors.NothingStays(() =>
        {
            using var made = bottleneck.call(z);
            using var back = bottleneck.Lookup(made.Codes);
        });
    }

    [Fact]
    public void Ten_scales_share_four_convolutions_as_in_the_released_model()
    {
        using var scope = NewDisposeScope();
        using var bottleneck = new MultiScaleBottleneck(3, [1, 2, 3, 4, 5, 6, 8, 10, 13, 16], new EmaCodebook(8, 3, CodebookStart.Normal), convolutions: 4);
        Assert.Equal([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], Enumerable.Range(0, 10).Select(bottleneck.Shared));
        Assert.Equal(4 * 2, bottleneck.parameters().Count());
        bottleneck.eval();
        var made = bottleneck.call(randn(2, 3, 16, 16));
        Assert.True(bottleneck.Lookup(made.Codes).equal(made.Values).all().item<bool>());
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var scope = NewDisposeScope();
        using var bottleneck = Make("moving averages");
        Refused("[B, 3, 8, 8], got [2, 3, 4, 4]", () => bottleneck.call(randn(2, 3, 4, 4)));
        Refused("[B, 1, 85, 1], got [2, 8, 8, 1]", () => bottleneck.Lookup(zeros(2, 8, 8, 1, int64)));
        Refused("0..31, got 32", () => bottleneck.Lookup(full([1, 1, 85, 1], 32, int64)));
        Refused("1 to 4 scales to look up, got 5", () => bottleneck.Lookup(zeros(1, 1, 85, 1, int64), 5));
        Refused("got [2, 2]", () => new MultiScaleBottleneck(3, [2, 2], new EmaCodebook(4, 3)));
        Refused("got []", () => new MultiScaleBottleneck(3, [], new EmaCodebook(4, 3)));
        Refused("must be 3 wide, got 2", () => new MultiScaleBottleneck(3, [1, 2], new EmaCodebook(4, 2)));
        Refused("2 scales have 1 to 2 convolutions, got 3", () => new MultiScaleBottleneck(3, [1, 2], new EmaCodebook(4, 3), convolutions: 3));
        Refused("must not be negative, got -1", () => new MultiScaleBottleneck(3, [1, 2], new EmaCodebook(4, 3), commitment: -1));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    private static MultiScaleBottleneck Make(string kind)
    {
        using var random = manual_seed(9);
        return new(3, [1, 2, 4, 8], kind switch
        {
            "moving averages" => new EmaCodebook(32, 3),
            "learned" => new LearnedCodebook(32, 3, CodebookStart.Normal),
            _ => new LearnedCodebook(32, 3, CodebookStart.Normal) { OnSphere = true },
        });
    }
}
