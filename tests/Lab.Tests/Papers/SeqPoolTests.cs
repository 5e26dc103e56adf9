using Lab.Papers.CompactTransformers;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class SeqPoolTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly SeqPool pool = new(8);
    private readonly Tensor tokens = randn([2, 5, 8], generator: new Generator(3));

    public void Dispose()
    {
        pool.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Sequence_pooling_with_zero_weights_is_mean_pooling()
    {
        using var noGrad = no_grad();
        pool.get_parameter("weight")!.zero_();
        pool.get_parameter("bias")!.zero_();
        Near.Equal(tokens.mean([1]), pool.call(tokens));
    }

    [Fact]
    public void A_constant_added_to_all_scores_changes_nothing()
    {
        using var noGrad = no_grad();
        var before = pool.call(tokens);
        pool.get_parameter("bias")!.fill_(5);
        Near.Equal(before, pool.call(tokens));
    }

    [Fact]
    public void The_order_of_tokens_changes_nothing() => Near.Equal(pool.call(tokens), pool.call(tokens.flip(1)));

    [Fact]
    public void A_token_with_a_far_higher_score_is_the_result()
    {
        using var noGrad = no_grad();
        pool.get_parameter("weight")!.copy_(tensor(new float[] { 1, 0, 0, 0, 0, 0, 0, 0 }).unsqueeze(0));
        tokens[0, 3, 0] = 100f;
        Near.Equal(tokens[0, 3], pool.call(tokens)[0]);
    }
}
