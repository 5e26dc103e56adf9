using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class MultiHeadAttentionTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Tensor x = randn([2, 6, 16], generator: new Generator(3));

    public void Dispose() => scope.Dispose();

    [Fact]
    public void The_fast_path_gives_what_the_attention_map_says()
    {
        using var noGrad = no_grad();
        using var attention = new MultiHeadAttention(16, 4);
        attention.get_parameter("qkv.weight")!.mul_(30); // far from uniform attention

        var v = x.matmul(attention.get_parameter("qkv.weight")![32.., ..].t()).view(2, 6, 4, 4).transpose(1, 2); // [B, h, N, d]
        var mixed = attention.Map(x).matmul(v).transpose(1, 2).flatten(2);
        var expected = mixed.matmul(attention.get_parameter("proj.weight")!.t());

        Near.Equal(expected, attention.call(x, null));
    }

    [Fact]
    public void Rows_of_the_attention_map_sum_to_one()
    {
        using var attention = new MultiHeadAttention(16, 4);
        Near.Equal(ones(2, 4, 6), attention.Map(x).sum(-1));
    }

    [Fact]
    public void A_masked_token_changes_no_other()
    {
        using var attention = new MultiHeadAttention(16, 4);
        var mask = ones(2, 6, ScalarType.Bool);
        mask[.., 5] = false;
        var changed = x.clone();
        changed[.., 5] = 9f;

        Assert.Equal(attention.call(x, mask)[.., ..5], attention.call(changed, mask)[.., ..5]);
        Near.Equal(attention.call(x[.., ..5], null), attention.call(x, mask)[.., ..5]);
        Assert.True(attention.call(x, mask).isfinite().all().item<bool>());
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_are_an_error() =>
        Assert.Contains("3 heads do not divide a width of 16", Assert.Throws<ArgumentException>(() => new MultiHeadAttention(16, 3)).Message);
}
