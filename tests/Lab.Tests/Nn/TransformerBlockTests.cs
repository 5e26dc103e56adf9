using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class TransformerBlockTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Tensor x = randn([4, 5, 16], generator: new Generator(3));

    public void Dispose() => scope.Dispose();

    [Fact]
    public void A_hybrid_block_replaces_the_residual_stream_by_its_normalized_value()
    {
        using var noGrad = no_grad();
        using var block = new TransformerBlock(new(16, 2, 32) { Norm = BlockNorm.CctHybrid });
        block.get_parameter("linear2.weight")!.zero_(); // an MLP that gives zero leaves the residual stream alone
        var y = block.call(x, null);
        Assert.InRange(y.mean([-1]).abs().max().item<float>(), 0, 1e-5);
        Near.Equal(ones(4, 5), y.var(-1, unbiased: false), 1e-3);
    }

    [Fact]
    public void A_pre_norm_block_that_adds_nothing_is_the_identity()
    {
        using var noGrad = no_grad();
        using var block = new TransformerBlock(new(16, 2, 32));
        block.get_parameter("attn.proj.weight")!.zero_();
        block.get_parameter("mlp.fc2.weight")!.zero_();
        Assert.Equal(x, block.call(x, null));
    }

    [Fact]
    public void Names_of_a_pre_norm_block_are_those_of_timm()
    {
        using var block = new TransformerBlock(new(16, 2, 32));
        Assert.Equal(
            ["attn.proj.bias", "attn.proj.weight", "attn.qkv.weight", "mlp.fc1.bias", "mlp.fc1.weight", "mlp.fc2.bias", "mlp.fc2.weight",
                "norm1.bias", "norm1.weight", "norm2.bias", "norm2.weight"],
            block.state_dict().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Drop_path_in_evaluation_is_the_identity()
    {
        using var drop = new DropPath(0.5);
        drop.eval();
        Assert.Same(x, drop.call(x));
    }

    [Fact]
    public void Drop_path_drops_whole_samples_and_scales_the_others_so_that_the_mean_stays()
    {
        using var seeded = manual_seed(1);
        using var drop = new DropPath(0.25);
        var sums = drop.call(ones(8000, 3)); // each row all 0 or all 4/3
        Assert.Equal(sums[.., 0], sums[.., 2]);
        Assert.Equal([0f, 4f / 3], sums.data<float>().Distinct().Order());
        Assert.InRange(sums.mean().item<float>(), 0.97f, 1.03f);
    }

    [Fact]
    public void Rates_rise_linearly_from_zero()
    {
        Assert.Equal([0, 0.05, 0.1], DropPath.Rising(0.1, 3));
        Assert.Equal([0], DropPath.Rising(0.1, 1));
    }

    [Fact]
    public void Rate_zero_trains_exactly_like_no_drop_path()
    {
        using var with = new TransformerBlock(new(16, 2, 32) { DropPath = 0 });
        using var seeded = manual_seed(5);
        var first = with.call(x, null);
        with.eval();
        Assert.Equal(with.call(x, null), first);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    public void A_rate_outside_its_range_is_an_error(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => new DropPath(rate));

    [Fact]
    public void A_block_leaves_nothing_behind()
    {
        using var noGrad = no_grad();
        using var block = new TransformerBlock(new(16, 2, 32) { Norm = BlockNorm.CctHybrid, Dropout = 0.1, AttentionDropout = 0.1, DropPath = 0.1 });
        LiveTensors.NothingStays(() => block.call(x, null).Dispose());
    }
}
