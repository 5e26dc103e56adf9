using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class LayersTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Row_0_of_the_sine_table_is_0_1_0_1()
    {
        Assert.Equal([0f, 1f, 0f, 1f, 0f, 1f], PositionEmbedding.Sine(4, 6)[0].data<float>());
    }

    [Fact]
    public void Row_1_of_the_sine_table_holds_sine_and_cosine_of_each_frequency()
    {
        var row = PositionEmbedding.Sine(2, 4)[1].data<float>().ToArray();
        Assert.Equal([Math.Sin(1), Math.Cos(1), Math.Sin(0.01), Math.Cos(0.01)], row.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void A_learned_table_starts_ten_times_wider_than_weights()
    {
        using var table = PositionEmbedding.Create(PositionKind.Learned, 100, 100);
        using var linear = Layers.Linear(100, 100);
        Assert.InRange(table!.std().item<float>(), 0.19f, 0.21f);
        Assert.InRange(linear.weight.std().item<float>(), 0.019f, 0.021f);
        Assert.Equal(zeros(100), linear.bias);
    }

    [Fact]
    public void A_convolution_for_ReLU_starts_with_variance_2_over_fan_in()
    {
        using var conv = Layers.ConvForRelu(64, 128, (3, 3), (1, 1), (1, 1));
        Assert.Equal(Math.Sqrt(2.0 / (64 * 9)), conv.weight.std().item<float>(), tolerance: 0.001);
        Assert.Null(conv.bias);
    }

    [Fact]
    public void A_sine_table_is_not_trained_and_none_is_no_table()
    {
        using var table = PositionEmbedding.Create(PositionKind.Sine, 3, 4);
        Assert.False(table!.requires_grad);
        Assert.Null(PositionEmbedding.Create(PositionKind.None, 3, 4));
    }

    [Fact]
    public void Group_norm_starts_as_the_plain_normalization()
    {
        using var norm = Layers.GroupNorm(2, 4);
        var y = norm.call(randn(3, 4, 8, 8) * 5 + 2).view(3, 2, -1);
        Assert.InRange(y.mean([-1]).abs().max().item<float>(), 0, 1e-5);
        Near.Equal(ones(3, 2), y.var(-1, unbiased: false), 1e-3);
    }

    [Fact]
    public void Patch_embedding_is_the_linear_map_of_each_patch()
    {
        using var noGrad = no_grad();
        using var embed = new PatchEmbed(3, 8, 4);
        var image = randn(2, 3, 8, 12);
        var patches = TorchSharp.torch.nn.functional.unfold(image, 4, stride: 4).transpose(1, 2); // [B, 6, 48]
        var expected = patches.matmul(embed.get_parameter("proj.weight")!.view(8, 48).t()) + embed.get_parameter("proj.bias")!;
        Near.Equal(expected, embed.call(image));
    }
}
