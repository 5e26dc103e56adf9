using CsCheck;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class BipartiteMergingTests
{
    [Fact]
    public void A_round_merges_the_most_similar_pairs()
    {
        using var scope = NewDisposeScope();
        // Even tokens 0, 2, 4; odd tokens 1, 3. Token 3 is nearly token 0, token 1 is between 2 and 4.
        var keys = tensor(new float[,] { { 1, 0 }, { 1, 1.2f }, { 0, 1 }, { 1, 0.01f }, { 0.5f, 1 } }).unsqueeze(0);
        var round = BipartiteMerging.Round(keys, tensor(new float[,] { { 2, 1, 1, 2, 1 } }), 1);
        Assert.Equal([0, 1, 2, 0, 3], round.Target.data<long>().ToArray());
        Assert.Equal([4, 1, 1, 1], round.Masses.data<float>().ToArray());
        Near.Equal(tensor(new float[] { 1, 0.005f }), round.Apply(keys)[0][0], 1e-5);
    }

    [Fact]
    public void Rounds_equal_a_search_over_all_pairs() => Gen.Select(Gen.Int[2, 15], Gen.Int[0, 1000]).Sample((tokens, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(seed);
        var keys = randn(1, tokens, 4);
        var masses = randint(1, 4, [1, tokens]).to(ScalarType.Float32);
        var merges = 1 + seed % (tokens / 2);
        var round = BipartiteMerging.Round(keys, masses, merges);

        var cosine = nn.functional.cosine_similarity(keys[0].unsqueeze(1), keys[0].unsqueeze(0), 2);
        var pairs = Enumerable.Range(0, tokens).Where(i => i % 2 == 1)
            .Select(odd => (Odd: odd, Even: Enumerable.Range(0, tokens).Where(i => i % 2 == 0).MaxBy(even => cosine[odd, even].item<float>())))
            .OrderByDescending(pair => cosine[pair.Odd, pair.Even].item<float>()).Take(merges).ToArray();
        var target = round.Target.data<long>().ToArray();
        foreach (var (odd, even) in pairs) Assert.Equal(target[even], target[odd]);
        Assert.Equal(tokens - merges, target.Distinct().Count());
        var stay = Enumerable.Range(0, tokens).Where(i => !pairs.Any(pair => pair.Odd == i)).ToArray();
        Assert.Equal(Enumerable.Range(0, tokens - merges).Select(i => (long)i), stay.Select(i => target[i])); // raster order
    }, iter: 40, threads: 1);

    [Fact]
    public void Many_rounds_are_the_product_of_their_matrices_and_exclusive()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(23, 8);
        var (keys, masses, product) = (view.Keys(), view.Masses, eye(23).expand(2, -1, -1));
        foreach (var left in new[] { 12, 6, 5 })
        {
            var round = BipartiteMerging.Round(keys, masses, (int)keys.shape[1] - left);
            product = TransformMatrix.Compose(round.Weights(), product);
            (keys, masses) = (round.Apply(keys), round.Masses);
        }
        var merged = new BipartiteMerging().Reduce(view, 5);
        Near.Equal(product, merged.Weights(), 1e-5);
        Near.Equal(product.matmul(view.Tokens), merged.Apply(view.Tokens), 1e-5);
        Near.Equal(masses, merged.Masses, 1e-6);
        Near.Equal(ones(2, 23), (product > 0).sum([1L]).to(ScalarType.Float32), 0);
    }
}
