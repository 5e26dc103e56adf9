using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Tests.Transplant;

public sealed class StrategyTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Generator generator = new(11);

    public void Dispose()
    {
        generator.Dispose();
        scope.Dispose();
    }

    private Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);

    private TransplantProblem Many(Tensor? baseRows = null, Tensor? donorRows = null) => Small.Problem(
        baseRows: baseRows ?? Random(256, 6), donorRows: donorRows ?? Random(256 + 3000, 5), match: new(Small.Pairs(3000), Small.Bytes));

    [Fact]
    public void Zero_and_mean_rows_are_that()
    {
        var problem = Small.Problem();
        Assert.Equal(0, new ZeroRows().NewRows(problem).abs().max().item<float>());
        Near.Equal(problem.BaseRows.mean([0]).expand(3, Small.BaseWidth), new MeanRows().NewRows(problem), 1e-6);
    }

    [Fact]
    public void Random_rows_are_as_large_as_the_bases()
    {
        var problem = Many(baseRows: Random(256, 6) * 0.1);
        var rows = new RandomRows(1).NewRows(problem).to(ScalarType.Float64);
        Assert.InRange((rows.std() / problem.BaseRows.std()).item<double>(), 0.97, 1.03);
        Assert.InRange(rows.mean().item<double>(), -0.005, 0.005);
        Assert.False(rows.equal(new RandomRows(2).NewRows(problem).to(ScalarType.Float64)).all().item<bool>());
    }

    [Fact]
    public void Hewitts_rows_have_the_mean_and_covariance_of_the_bases()
    {
        var problem = Many(baseRows: Random(256, 6).matmul(Random(6, 6)) + 3);
        var rows = new HewittRows(1).NewRows(problem);
        var covariance = problem.BaseRows.t().cov();
        Assert.True(((rows.t().cov() - covariance).abs().max() / covariance.abs().max()).item<double>() < 0.1);
        Assert.True((rows.mean([0]) - problem.BaseRows.mean([0])).abs().max().item<double>() < 0.25);
    }

    [Fact]
    public void Subwords_are_averaged_or_the_last_is_read_and_the_first_is_said()
    {
        foreach (var side in Enum.GetValues<EmbeddingSide>())
        {
            var problem = Small.Problem(side);
            var (a, b, cd) = (problem.BaseRows['a'], problem.BaseRows['b'], problem.BaseRows[256]);
            var mean = new SubwordMeanRows().NewRows(problem); // of ab, abcd, ef
            Near.Equal((a + b) / 2, mean[0].to(ScalarType.Float32), 1e-6);
            Near.Equal((a + b + cd) / 3, mean[1].to(ScalarType.Float32), 1e-6);
            var ends = new FirstLastRows().NewRows(problem).to(ScalarType.Float32);
            Near.Equal(stack(side == EmbeddingSide.Input ? [b, cd, problem.BaseRows['f']] : [a, a, problem.BaseRows['e']]), ends, 1e-6);
        }
    }

    [Fact]
    public void Clp_weighs_anchors_by_positive_cosines()
    {
        var donor = zeros(260, 2);
        donor['a'] = tensor(new[] { 2f, 0f });
        donor['b'] = tensor(new[] { 0f, 3f });
        donor['c'] = tensor(new[] { -1f, -1f });
        donor[256] = tensor(new[] { 1f, 1f }); // ab: as near to a as to b, and away from c
        donor[258] = tensor(new[] { 5f, 0f }); // abcd: a alone
        var problem = Small.Problem(donorRows: donor).With(['a', 'b', 'c']);
        var rows = new ClpRows().NewRows(problem).to(ScalarType.Float32);
        Near.Equal((problem.BaseRows['a'] + problem.BaseRows['b']) / 2, rows[0], 1e-6);
        Near.Equal(problem.BaseRows['a'], rows[1], 1e-6);
        Near.Equal((problem.BaseRows['a'] + problem.BaseRows['b'] + problem.BaseRows['c']) / 3, rows[2], 1e-6); // ef is 0: no cosine, the plain mean
    }

    [Fact]
    public void An_anchor_on_the_very_place_gives_its_row()
    {
        var problem = Small.Problem();
        problem.DonorRows[256] = problem.DonorRows['x'];
        var rows = new KnnInterpolationRows(4).NewRows(problem).to(ScalarType.Float32);
        Near.Equal(problem.BaseRows['x'], rows[0], 1e-4);
        Near.Equal(problem.BaseRows['x'], new KnnInterpolationRows(1).NewRows(problem)[0].to(ScalarType.Float32), 1e-6);
        Assert.Contains("1 .. 2", Assert.Throws<ArgumentException>(() => new KnnInterpolationRows(3).NewRows(problem.With(['a', 'b']))).Message);
    }

    [Fact]
    public void Barycentric_weights_sum_to_1_and_are_the_least_squares_of_that_sum()
    {
        var (targets, neighbours) = (Random(10, 5), Random(10, 4, 5));
        var weights = KnnInterpolationRows.Barycentric(targets, neighbours);
        Near.Equal(ones(10, ScalarType.Float64), weights.sum(1), 1e-9);
        var left = targets - (weights.unsqueeze(-1) * neighbours).sum(1);
        // At the minimum what is left stands at right angles to every step that keeps the sum: from one neighbour to another.
        var steps = neighbours - neighbours.narrow(1, 0, 1);
        Assert.True(steps.matmul(left.unsqueeze(-1)).abs().max().item<double>() < 1e-6);

        var inside = (neighbours * tensor(new[] { 0.1, 0.2, 0.3, 0.4 }).view(1, 4, 1)).sum(1);
        Near.Equal(tensor(new[] { 0.1, 0.2, 0.3, 0.4 }).expand(10, 4), KnnInterpolationRows.Barycentric(inside, neighbours), 1e-4);
    }

    [Fact]
    public void A_space_that_is_only_turned_and_moved_is_matched_exactly_by_landmarks()
    {
        var (turn, _) = linalg.qr(Random(6, 6));
        var donor = Random(260, 6);
        var all = donor.matmul(turn) + Random(1, 6);
        var @base = zeros(258, 6, ScalarType.Float64);
        foreach (var id in Small.Match.Shared) @base[Small.Match.BaseIds([id])[0]] = all[id];
        var rows = new LandmarkPcaRows().NewRows(Small.Problem(baseRows: @base, donorRows: donor));
        Near.Equal(all[tensor(Small.Match.New.Select(id => (long)id).ToArray())], rows, 1e-6);

        Near.Equal(turn, LandmarkPcaRows.Procrustes(donor, donor.matmul(turn)), 1e-8);
        var any = LandmarkPcaRows.Procrustes(Random(20, 6), Random(20, 6)); // orthogonal whatever it maps
        Near.Equal(eye(6, dtype: ScalarType.Float64), any.matmul(any.t()), 1e-8);
    }

    [Fact]
    public void Sparsemax_is_the_nearest_distribution()
    {
        var example = FocusRows.Sparsemax(tensor(new[,] { { 1, 0.9, 0.1 }, { 0.2, 0.2, 0.2 }, { 5, 0, 0 } }));
        Near.Equal(tensor(new[,] { { 0.55, 0.45, 0 }, { 1 / 3.0, 1 / 3.0, 1 / 3.0 }, { 1, 0, 0 } }), example, 1e-12);

        var scores = Random(50, 9);
        var nearest = FocusRows.Sparsemax(scores);
        Near.Equal(ones(50, ScalarType.Float64), nearest.sum(1), 1e-12);
        var others = Random(50, 9).softmax(1);
        Assert.True(((nearest - scores).norm(1) <= (others - scores).norm(1) + 1e-12).all().item<bool>());
    }

    [Fact]
    public void Methods_with_auxiliary_vectors_stay_among_the_rows_they_mix()
    {
        var vectors = new AuxiliaryEmbedding("ab cd ef ab gh ab cd gh ef cd"u8);
        var same = ones(258, Small.BaseWidth) * 2;
        same['z'] = full(Small.BaseWidth, 1000); // not trained: it must not be used
        var problem = Small.Problem(baseRows: same).With([.. Small.Match.Shared.Where(id => id != 'z')], [.. Enumerable.Range(0, 258).Where(id => id != 'z')]);
        foreach (var strategy in new ITransplantStrategy[] { new WechselRows(vectors), new FocusRows(vectors), new ClpRows() })
            Near.Equal(full(new long[] { 3, Small.BaseWidth }, 2.0, ScalarType.Float64), strategy.NewRows(problem), 1e-9);
    }

    [Fact]
    public void Auxiliary_vectors_of_words_with_like_neighbours_or_letters_are_near()
    {
        var vectors = new AuxiliaryEmbedding(Small.Utf8(string.Concat(Enumerable.Repeat("the red fox ran\nthe blue fox ran\nwe walking saw\nwe walker heard\nsomething odd, walking on\n", 3))));
        var rows = vectors.Of(new[] { " red", " blue", " ran", " walking", " walker", "lkin" }.Select(Small.Utf8));
        Near.Equal(ones(6, ScalarType.Float64), rows.norm(1), 1e-9);
        double Cosine(int i, int j) => rows[i].dot(rows[j]).item<double>();
        Assert.True(Cosine(0, 1) > Cosine(0, 2) + 0.1, $"{Cosine(0, 1)} {Cosine(0, 2)}");
        Assert.True(Cosine(3, 4) > Cosine(3, 2) + 0.1, $"{Cosine(3, 4)} {Cosine(3, 2)}");
        Assert.True(Cosine(3, 5) > Cosine(2, 5) + 0.1, $"{Cosine(3, 5)} {Cosine(2, 5)}");
        Assert.Throws<ArgumentException>(() => new AuxiliaryEmbedding("each word once"u8));
    }

    [Fact]
    public void Permuted_anchors_use_the_same_sums_over_other_rows()
    {
        var problem = Small.Problem();
        var (plain, permuted) = (new OmpRows(3), new OmpRows(3) { PermutationSeed = 5 });
        Assert.True(plain.Codes(problem).Indices.equal(permuted.Codes(problem).Indices).all().item<bool>());
        Assert.True(Near.RelativeError(plain.NewRows(problem), permuted.NewRows(problem)) > 0.3);
        Near.Equal(permuted.NewRows(problem), new OmpRows(3) { PermutationSeed = 5 }.NewRows(problem), 1e-12);
    }
}
