using CsCheck;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class GreedyDiversityTests
{
    private static readonly DiversityRule[] rules = Enum.GetValues<DiversityRule>();

    [Theory]
    [InlineData(DiversityRule.MaxSum, new long[] { 0, 3, 1, 2 })]  // 0.9848 - 0.9397 at 10 degrees is less than 0 + 0.1736 at 90
    [InlineData(DiversityRule.KCenter, new long[] { 0, 3, 2, 1 })] // 0.9848 at 10 degrees is more than 0.1736 at 90
    public void The_two_rules_are_not_the_same(DiversityRule rule, long[] expected)
    {
        using var scope = NewDisposeScope();
        var angles = tensor(new float[] { 0, 10, 90, 170 }) * (float)(Math.PI / 180);
        Assert.Equal(expected, GreedyDiversity.Order(stack([angles.cos(), angles.sin()], 1).unsqueeze(0), zeros(1, ScalarType.Int64), 4, rule).data<long>().ToArray());
    }

    [Fact]
    public void Both_equal_brute_force() => Gen.Select(Gen.Int[1, 12], Gen.Int[0, 1000], Gen.Int[0, 1].Select(i => rules[i])).Sample((tokens, seed, rule) =>
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(seed);
        var vectors = randn(1, tokens, 3);
        var keep = 1 + seed % tokens;
        var cosine = nn.functional.cosine_similarity(vectors[0].unsqueeze(1), vectors[0].unsqueeze(0), 2);
        var chosen = new List<int> { seed % tokens };
        while (chosen.Count < keep)
            chosen.Add(Enumerable.Range(0, tokens).Except(chosen).MinBy(token =>
            {
                var toChosen = chosen.Select(kept => cosine[token, kept].item<float>());
                return rule == DiversityRule.MaxSum ? toChosen.Sum() : toChosen.Max();
            }));
        Assert.Equal(chosen.Select(token => (long)token), GreedyDiversity.Order(vectors, tensor(new long[] { chosen[0] }), keep, rule).data<long>().ToArray());
    }, iter: 60, threads: 1);

    [Fact]
    public void The_length_of_a_vector_does_not_matter_and_a_permutation_permutes() => Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 1].Select(i => rules[i])).Sample((seed, rule) =>
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(seed);
        var vectors = randn(1, 9, 4);
        var pivot = zeros(1, ScalarType.Int64);
        var order = GreedyDiversity.Order(vectors, pivot, 5, rule);
        Near.Equal(order, GreedyDiversity.Order(vectors * (0.1 + rand(1, 9, 1)), pivot, 5, rule), 0);
        var permutation = cat([zeros(1, ScalarType.Int64), randperm(8, ScalarType.Int64) + 1]); // the pivot stays
        var permuted = GreedyDiversity.Order(vectors.index_select(1, permutation), pivot, 5, rule);
        Near.Equal(order, permutation.index_select(0, permuted[0]).unsqueeze(0), 0);
    }, iter: 30, threads: 1);

    [Fact]
    public void A_copy_is_taken_last_by_k_centre()
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(4);
        var vectors = randn(1, 6, 4);
        vectors[0, 5] = vectors[0, 2];
        var order = GreedyDiversity.Order(vectors, zeros(1, ScalarType.Int64), 6, DiversityRule.KCenter).data<long>().ToArray();
        Assert.Contains(order[^1], new long[] { 2, 5 });
    }

    [Fact]
    public void The_greedy_sum_of_distances_is_near_the_best()
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(5);
        var (worst, draws) = (1.0, 200);
        var vectors = nn.functional.normalize(randn(draws, 7, 8), dim: 2);
        var orders = GreedyDiversity.Order(vectors, zeros(draws, ScalarType.Int64), 3, DiversityRule.MaxSum);
        var distance = 1 - vectors.matmul(vectors.transpose(1, 2));
        for (var draw = 0; draw < draws; draw++)
        {
            var values = distance[draw].contiguous().data<float>().ToArray();
            double Sum(long a, long b) => values[a] + values[b] + values[a * 7 + b]; // to the pivot 0 and to each other
            var best = (from a in Enumerable.Range(1, 6) from b in Enumerable.Range(1, 6) where a < b select Sum(a, b)).Max();
            var (first, second) = (orders[draw, 1].item<long>(), orders[draw, 2].item<long>());
            Assert.Equal(Enumerable.Range(1, 6).Max(token => values[token]), values[first]);
            worst = Math.Min(worst, Sum(first, second) / best);
        }
        Assert.InRange(worst, 0.8, 1);
    }

    [Fact]
    public void All_tokens_come_once_and_a_vector_of_zeros_is_like_nothing()
    {
        using var scope = NewDisposeScope();
        foreach (var rule in rules)
        {
            var order = GreedyDiversity.Order(tensor(new float[,] { { 1, 0 }, { 1, 1 }, { 0, 0 } }).unsqueeze(0), zeros(1, ScalarType.Int64), 3, rule).data<long>().ToArray();
            Assert.Equal([0, 2, 1], order);
            Assert.Equal([1L], GreedyDiversity.Order(rand(1, 4, 2), ones(1, ScalarType.Int64), 1, rule).data<long>().ToArray());
        }
    }
}
