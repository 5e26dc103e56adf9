using CsCheck;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class GreedyKCenterTests
{
    [Fact]
    public void It_takes_the_token_whose_greatest_cosine_is_least()
    {
        using var scope = NewDisposeScope();
        var angles = tensor(new float[] { 0, 10, 90, 170 }) * (float)(Math.PI / 180);
        var order = GreedyKCenter.Order(stack([angles.cos(), angles.sin()], 1).unsqueeze(0), zeros(1, ScalarType.Int64), 4);
        Assert.Equal([0, 3, 2, 1], order.data<long>().ToArray()); // the sum of cosines would take 10 degrees third
    }

    [Fact]
    public void It_equals_brute_force() => Gen.Select(Gen.Int[1, 12], Gen.Int[0, 1000]).Sample((tokens, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(seed);
        var vectors = randn(1, tokens, 3);
        var keep = 1 + seed % tokens;
        var cosine = nn.functional.cosine_similarity(vectors[0].unsqueeze(1), vectors[0].unsqueeze(0), 2);
        var chosen = new List<int> { seed % tokens };
        while (chosen.Count < keep)
            chosen.Add(Enumerable.Range(0, tokens).Except(chosen).MinBy(token => chosen.Max(kept => cosine[token, kept].item<float>())));
        Assert.Equal(chosen.Select(token => (long)token), GreedyKCenter.Order(vectors, tensor(new long[] { chosen[0] }), keep).data<long>().ToArray());
    }, iter: 40, threads: 1);

    [Fact]
    public void A_vector_of_zeros_is_like_nothing()
    {
        using var scope = NewDisposeScope();
        var order = GreedyKCenter.Order(tensor(new float[,] { { 1, 0 }, { 1, 1 }, { 0, 0 } }).unsqueeze(0), zeros(1, ScalarType.Int64), 2);
        Assert.Equal([0, 2], order.data<long>().ToArray());
    }
}
