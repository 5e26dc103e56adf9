using Lab.Metrics;
using Lab.Nn;
using Lab.Text;
using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Tests.Transplant;

public sealed class EmbeddingTransplantTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    private static Tensor Table(TransplantProblem problem, ITransplantStrategy strategy) =>
        EmbeddingTransplant.Table(problem, strategy, report => throw new Xunit.Sdk.XunitException(report));

    private static Decoder Model(int vocabulary, bool tied = false, int dim = 16, int seed = 1)
    {
        manual_seed(seed);
        var model = new Decoder(new(vocabulary, dim, Depth: 1, Heads: 2, Context: 16) { TiedOutput = tied });
        model.eval();
        return model;
    }

    [Fact]
    public void Tokens_are_shared_when_their_bytes_are()
    {
        var match = Small.Match;
        Assert.Equal(256 + 1, match.Shared.Count);
        Assert.Equal(["ab", "abcd", "ef"], match.New.Select(match.Donor.Vocabulary.Spell));
        Assert.Equal([(int)'a', 256], match.BaseIds(['a', 257])); // "cd" is 257 of the donor and 256 of the base
        Assert.Contains("lacks the donor's token 256", Assert.Throws<ArgumentException>(() => match.BaseIds([256])).Message);
    }

    [Fact]
    public void Special_tokens_are_shared_by_name_and_never_by_the_bytes_of_it()
    {
        var donor = Bpe.OfMerges([('a', 'b')], PreTokenizer.Gpt2, ["<eos>", "a"]);
        var match = new VocabularyMatch(donor, Bpe.OfMerges([], PreTokenizer.Gpt2, ["<pad>", "<eos>"]));
        Assert.Equal([257], match.BaseIds([257]));
        Assert.Equal(257, donor.Vocabulary.SpecialTokens["<eos>"]);
        Assert.Contains(donor.Vocabulary.SpecialTokens["a"], match.New);
        Assert.Contains((int)'a', match.Shared);
        Assert.DoesNotContain(257, TrainedTokens.Anchors(match, match.Shared, Enumerable.Range(0, 258)));
    }

    public static TheoryData<string> Strategies => [.. All.Keys];

    private static Dictionary<string, ITransplantStrategy> All { get; } = new ITransplantStrategy[]
    {
        new RandomRows(1), new ZeroRows(), new MeanRows(), new HewittRows(1), new SubwordMeanRows(), new FirstLastRows(), new WechselRows(Vectors), new FocusRows(Vectors),
        new ClpRows(), new KnnInterpolationRows(4), new KnnInterpolationRows(4) { Cosine = true, Weights = KnnWeights.Barycentric }, new LandmarkPcaRows(),
        new OmpRows(3), new OmpRows(3) { UnitAtoms = true }, new OmpRows(3) { PermutationSeed = 1 },
    }.ToDictionary(strategy => strategy.Name);

    private static AuxiliaryEmbedding Vectors => new("ab cd ef ab gh ab cd gh ef cd"u8);

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Shared_rows_are_the_bases_bit_for_bit_and_every_token_gets_a_finite_row(string name)
    {
        foreach (var side in Enum.GetValues<EmbeddingSide>())
        {
            var problem = Small.Problem(side);
            var table = Table(problem, All[name]);
            Assert.Equal([260, Small.BaseWidth], table.shape);
            Assert.Equal(ScalarType.Float32, table.dtype);
            Assert.True(table.isfinite().all().item<bool>());
            foreach (var id in problem.Vocabularies.Shared)
                Assert.Equal(problem.BaseRows[problem.Vocabularies.BaseIds([id])[0]].data<float>(), table[id].data<float>());
            Assert.Equal(table.data<float>(), Table(problem, All[name]).data<float>());
        }
    }

    [Fact]
    public void Each_side_uses_its_own_donor_rows()
    {
        var (input, output) = (Small.Problem(), Small.Problem(EmbeddingSide.Output));
        Assert.False(new OmpRows(3).Codes(input).Indices.equal(new OmpRows(3).Codes(output).Indices).all().item<bool>());
    }

    [Fact]
    public void The_same_tokens_in_another_order_give_the_same_rows_in_that_order_and_the_same_bits()
    {
        var @base = Bpe.OfMerges([('a', 'b'), ('c', 'd'), (' ', 'a')], PreTokenizer.Gpt2);
        var donor = Bpe.OfMerges([('c', 'd'), ('a', 'b'), (' ', 'a')], PreTokenizer.Gpt2);
        using var model = Model(259);
        var match = new VocabularyMatch(donor, @base);
        Assert.Empty(match.New);
        using var moved = EmbeddingTransplant.Apply(
            model, Table(new(model.InputTable, rand(259, 5), match), new OmpRows(2)), Table(new(model.OutputTable, rand(259, 5), match, EmbeddingSide.Output), new OmpRows(2)));
        Assert.Equal(model.InputTable[256].data<float>(), moved.InputTable[257].data<float>());

        var text = Small.Utf8("abcd cdab ab aab dcd abba cdcdcd");
        Assert.Equal(
            BitsPerByte.Of(model, @base.Encode(text), @base.Vocabulary).Value, BitsPerByte.Of(moved, donor.Encode(text), donor.Vocabulary).Value, 1e-6);
    }

    [Fact]
    public void From_a_model_to_itself_omp_gives_back_the_rows_that_were_taken_away()
    {
        var donor = Small.Pairs(40);
        var @base = Bpe.OfMerges(donor.Merges.Take(10).Select(merge => (merge.Left, merge.Right)), PreTokenizer.Gpt2);
        var match = new VocabularyMatch(donor, @base);
        var rows = randn(296, 16);
        Assert.Equal(30, match.New.Count);
        TransplantProblem Problem(Tensor all) => Small.Problem(baseRows: all[..266], donorRows: all, match: match);

        Near.Equal(rows[266..], Table(Problem(rows), new OmpRows(16))[266..], 1e-4); // k = d: always

        // Atoms at right angles, one of which OMP must find: rows in the span of three of them come back with k = 3.
        var sparse = rows.clone();
        sparse[..266] = 0;
        sparse[..16] = eye(16);
        sparse[266..] = 2 * sparse[3] - sparse[7] + 0.5f * sparse[11];
        Near.Equal(sparse[266..], Table(Problem(sparse), new OmpRows(3))[266..], 1e-4);
        Assert.True(Near.RelativeError(sparse[266..], Table(Problem(sparse), new OmpRows(2))[266..]) > 0.1);
    }

    [Fact]
    public void All_other_weights_of_the_model_stay()
    {
        using var model = Model(258);
        using var moved = EmbeddingTransplant.Apply(model, rand(270, 16), rand(270, 16));
        Assert.False(moved.training);
        Assert.Equal(270, moved.Options.Vocabulary);
        var (before, after) = (model.state_dict(), moved.state_dict());
        Assert.Equal(before.Keys, after.Keys);
        foreach (var name in before.Keys.Where(name => name is not (Decoder.InputTableName or Decoder.OutputTableName)))
            Assert.Equal(before[name].data<float>(), after[name].data<float>());
    }

    [Fact]
    public void A_model_that_was_moved_inside_a_dispose_scope_keeps_all_its_parameters()
    {
        using var model = Model(258);
        Decoder moved;
        using (NewDisposeScope()) moved = EmbeddingTransplant.Apply(model, rand(270, 16), rand(270, 16));
        Assert.Equal(model.named_parameters().Select(p => p.name), moved.named_parameters().Select(p => p.name));
        moved.Dispose();
    }

    [Fact]
    public void A_tied_model_takes_one_table_and_has_no_output_side()
    {
        using var tied = Model(258, tied: true);
        using var untied = Model(258);
        using var donor = Model(260, dim: 8);
        Assert.Contains("no output rows", Assert.Throws<ArgumentException>(() => TransplantProblem.Of(tied, donor, Small.Match, EmbeddingSide.Output)).Message);
        using var moved = EmbeddingTransplant.Apply(tied, rand(260, 16), null);
        using (no_grad()) moved.InputTable.add_(1);
        Near.Equal(moved.InputTable, moved.OutputTable, 0);
        Assert.Throws<ArgumentException>(() => EmbeddingTransplant.Apply(tied, rand(260, 16), rand(260, 16)));
        Assert.Throws<ArgumentException>(() => EmbeddingTransplant.Apply(untied, rand(260, 16), null));
        Assert.Contains("[V, 16]", Assert.Throws<ArgumentException>(() => EmbeddingTransplant.Apply(tied, rand(260, 8), null)).Message);
    }

    [Fact]
    public void Tokens_without_a_donor_row_get_zeros_and_a_report()
    {
        var reports = new List<string>();
        var table = EmbeddingTransplant.Table(Small.Problem(donorRows: randn(258, Small.DonorWidth)), new MeanRows(), reports.Add);
        Assert.Equal("2 of the donor's tokens have no row in its table of 258 and get zeros.", Assert.Single(reports));
        Assert.Equal(0, table[258..].abs().max().item<float>());
        Assert.NotEqual(0, table[256].abs().max().item<float>());
    }

    [Fact]
    public void Problems_that_cannot_be_solved_are_refused()
    {
        var rows = randn(258, 12);
        rows[5, 5] = float.NaN;
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => Small.Problem(baseRows: rows)).Message);
        Assert.Contains("258 ids, but its table 257", Assert.Throws<ArgumentException>(() => Small.Problem(baseRows: randn(257, 12))).Message);
        Assert.Contains("matrix", Assert.Throws<ArgumentException>(() => Small.Problem(donorRows: randn(260))).Message);
        Assert.Contains("no token that could serve", Assert.Throws<ArgumentException>(() => Table(Small.Problem().With([]), new OmpRows(1))).Message);
        Assert.Contains("lacks", Assert.Throws<ArgumentException>(() => Small.Problem().With([256])).Message);
        Assert.Contains("no row", Assert.Throws<ArgumentException>(() => Small.Problem(donorRows: randn(200, 8)).With(['a', 257])).Message);
        Assert.Throws<ArgumentException>(() => Small.Problem().With(['a'], []));
        Assert.Contains("2 atoms", Assert.Throws<ArgumentOutOfRangeException>(() => Table(Small.Problem().With(['a', 'b']), new OmpRows(3))).Message);
    }

    [Fact]
    public void Only_tokens_that_both_models_met_are_anchors()
    {
        var text = "abcd cdgh"u8;
        var anchors = TrainedTokens.Anchors(Small.Match, TrainedTokens.Of(Small.Donor, text), TrainedTokens.Of(Small.Base, text));
        // The donor reads abcd, space, cd, g, h; the base a, b, cd, space, cd, gh.
        Assert.Equal([" ", "cd"], anchors.Select(id => System.Text.Encoding.UTF8.GetString(Small.Donor.Vocabulary[id])));
    }

    [Fact]
    public void A_recovery_trains_the_tables_alone()
    {
        using var model = Model(256);
        var before = model.state_dict().ToDictionary(w => w.Key, w => w.Value.clone());
        var text = Small.Utf8(string.Concat(Enumerable.Repeat("abcabd ", 60)));
        var bits = BitsPerByte.Of(model, Small.Bytes.Encode(text), Small.Bytes.Vocabulary).Value;
        new EmbeddingRecovery(20, 64, Seed: 1) { LearningRate = 0.02 }.Run(model, Small.Bytes, text);
        foreach (var (name, value) in model.state_dict())
            Assert.Equal(name is Decoder.InputTableName or Decoder.OutputTableName, !before[name].equal(value).all().item<bool>());
        Assert.True(BitsPerByte.Of(model, Small.Bytes.Encode(text), Small.Bytes.Vocabulary).Value < bits - 1);
        Assert.Contains("whole windows of 16", Assert.Throws<ArgumentException>(() => new EmbeddingRecovery(2, 20, 1).Run(model, Small.Bytes, text)).Message);
    }
}
