using Lab.Papers.OmpTransplantation;
using Lab.Training;
using Plotly.NET;

namespace Lab.Tests.Papers;

public sealed class OmpExperimentTests(OmpExperimentTests.Trained trained) : IClassFixture<OmpExperimentTests.Trained>
{
    private static readonly OmpExperiment plan = new(
        true, new(300, Dim: 16, Depth: 1, Heads: 2, Context: 32) { TiedOutput = false }, new(480, Dim: 16, Depth: 1, Heads: 2, Context: 32) { TiedOutput = false }, Steps: 30, TokensPerStep: 128)
    {
        BytesPerLanguage = 20_000,
        ScoredBytes = 800,
        CompareNumbers = true,
        CompareAnchors = true,
        RecoverySteps = 2,
    };

    /// <summary>One run for all tests.</summary>
    public sealed class Trained : IDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory("lab-omp-").FullName;

        public Trained()
        {
            Corpus = OmpCorpus.Grammar(plan.BytesPerLanguage, plan.SumShare, plan.ScoredBytes);
            Results = Run();
        }

        public OmpCorpus Corpus { get; }

        public OmpResults Results { get; }

        public OmpResults Run(OmpExperiment? other = null) => (other ?? plan).Run(Corpus, [3], new ModelCache(folder));

        public void Dispose()
        {
            Results.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private OmpRun Run => trained.Results.Runs[0];

    [Fact]
    public void Every_method_is_scored_on_every_text_and_omp_comes_last()
    {
        Assert.Equal(12, Run.Methods.Count);
        Assert.Equal($"OMP k={Run.BestK}", Run.Omp.Method);
        Assert.Contains(Run.BestK, plan.Candidates);
        Assert.Equal(["zero", "mean", "subword mean", Run.Omp.Method], Run.Methods.Where(score => score.Recovered is not null).Select(score => score.Method));
        Assert.All(Run.Methods.SelectMany(score => new[] { score.Bits, score.Recovered }).OfType<Bits>(), bits =>
        {
            Assert.Equal(["A", "B", "sums"], bits.ByText.Keys);
            Assert.All(bits.ByText.Values, value => Assert.InRange(value, 1, 12));
        });
        Assert.Equal([1, 2, 4, 8, 16], Run.Sparsity.Select(score => score.K));
        Assert.InRange(Run.Sparsity[^1].Residual, 0, 1e-6); // as many anchors as dimensions
        Assert.All(Run.Sparsity.Zip(Run.Sparsity.Skip(1)), pair => Assert.True(pair.First.Residual > pair.Second.Residual));
        Assert.Equal(Run.AtK(Run.BestK).Bits.ByText, Run.Omp.Bits.ByText);
        Assert.Throws<ArgumentException>(() => Run["nothing"]);
        Assert.Throws<ArgumentException>(() => Run.AtK(3));
    }

    [Fact]
    public void A_recovery_moves_the_rows_of_new_tokens_away_from_zero()
    {
        var rows = Run.Trained!.detach();
        Assert.All(Run.Pair.Input.New.Intersect(Run.Pair.TrainedDonor).Take(5), id => Assert.True(rows[id].norm().item<float>() > 0, $"{id}"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers()
    {
        using var again = trained.Run();
        Assert.True(again.Runs[0].Pair.Base.FromCache);
        Assert.Equal(Numbers(Run), Numbers(again.Runs[0]));
        Assert.Equal(Run.Permuted.ByText, again.Runs[0].Permuted.ByText);

        static double[] Numbers(OmpRun run) => [.. run.Methods.SelectMany(score => new[] { score.Bits, score.Recovered }).OfType<Bits>().SelectMany(bits => bits.ByText.Values)];
    }

    [Fact]
    public void The_base_cuts_numbers_into_digits_and_the_donors_differ()
    {
        Assert.Equal([3, 1], Run.Numbers.Select(score => score.DonorDigits));
        Assert.Equal(["1", "2", "3"], Pieces(Run.Pair.Base.Tokenizer));
        var schemes = new[] { 1, 3 }.Select(digits => NumberScheme.Of(plan, trained.Corpus, digits)).ToArray();
        Assert.Equal(0, schemes[0].NewNumbers);
        Assert.True(schemes[1].NewNumbers > 0);
        Assert.True(schemes[1].BytesPerToken > schemes[0].BytesPerToken);
        Assert.True(schemes[1].NewShare > schemes[0].NewShare);

        static IEnumerable<string> Pieces(Lab.Text.Bpe tokenizer) => tokenizer.Encode("123").Select(tokenizer.Vocabulary.Spell);
    }

    [Fact]
    public void Languages_are_scored_on_sentences_without_numbers_and_learned_with_them()
    {
        foreach (var text in trained.Corpus.Texts.Take(2))
        {
            Assert.Contains(text.Train, b => b is >= (byte)'0' and <= (byte)'9');
            Assert.DoesNotContain(text.Test, b => b is >= (byte)'0' and <= (byte)'9');
            Assert.DoesNotContain("\n\n", System.Text.Encoding.UTF8.GetString(text.Test));
        }
        Assert.Contains(trained.Corpus.Texts[2].Test, b => b is >= (byte)'0' and <= (byte)'9');
    }

    [Fact]
    public void A_base_that_knows_both_languages_has_anchors_in_both()
    {
        Assert.Equal(["A", "A and B"], Run.Anchors.Select(score => score.MadeFor));
        Assert.True(Run.Anchors[1].AnchorShare > Run.Anchors[0].AnchorShare);
        Assert.Equal(Run.Omp.Bits.ByText, Run.Anchors[0].Omp.ByText);
        Assert.Equal(2, OmpTables.AnchorsByBase(trained.Results).Rows.Count);
    }

    [Fact]
    public void Claims_are_those_of_the_specification()
    {
        var claims = trained.Results.Claims();
        Assert.Equal([0.05, 0.05, 0.1, null, 0.3, 1.3, -0.1, 0, 0, 0.3], claims.Items.Select(claim => claim.Required));
        Assert.All(claims.Items, claim => Assert.Null(claim.SeedsRequired)); // full: all of them
        Assert.Equal(Math.Min(Run["mean"].Bits.A - Run["zero"].Bits.A, Run["mean"].Bits.B - Run["zero"].Bits.B), Assert.Single(claims.Items[7].Margins));
        Assert.Equal(Run.Permuted.B - Run.Omp.Bits.B, Assert.Single(claims.Items[^1].Margins));

        using var quick = trained.Run(plan with { IsFull = false, RecoverySteps = 0, CompareNumbers = false, CompareAnchors = false });
        Assert.Equal([null, null, null, 0.15, null, 0.15], quick.Claims().Items.Select(claim => claim.Required));
        Assert.Equal(1, quick.Claims().Items[^1].SeedsRequired);
    }

    [Fact]
    public void An_anchor_sum_is_spelled_with_signs_and_matches_the_codes()
    {
        var vocabulary = Run.Pair.Donor.Tokenizer.Vocabulary;
        var sums = AnchorSum.Of(Run.Pair, trained.Corpus.Texts[1].Test, tokens: 5, k: 4);
        Assert.Equal(5, sums.Count);
        Assert.All(sums, sum =>
        {
            Assert.Contains(sum.Token, Run.Pair.Vocabularies.New);
            Assert.Equal(4, sum.Terms.Select(term => term.Anchor).Distinct().Count());
            Assert.All(sum.Terms, term => Assert.Contains(term.Anchor, Run.Pair.Anchors));
            Assert.Equal(sum.Terms.OrderByDescending(term => Math.Abs(term.Weight)), sum.Terms);
        });
        Assert.Equal("0.80 a − 0.25 b …", new AnchorSum(0, [('a', 0.8), ('b', -0.25), ('c', 0.1)], 0).Spell(vocabulary, terms: 2));
        Assert.Equal("−0.80 a + 0.25 ·", new AnchorSum(0, [('a', -0.8), (' ', 0.25)], 0).Spell(vocabulary, terms: 2));
    }

    [Fact]
    public void Pictures_show_what_was_measured()
    {
        var bars = GenericChart.getTraces(OmpFigures.Methods(trained.Results)).ToArray();
        Assert.Equal(3, bars.Length);
        Assert.Equal(4, GenericChart.getTraces(OmpFigures.Sparsity(trained.Results)).Count()); // three texts and the residual
        Assert.Single(GenericChart.getTraces(OmpFigures.Coefficients(Run, trained.Corpus.Texts[1].Test, tokens: 6, k: 4)));
        Assert.Equal(3, GenericChart.getTraces(OmpFigures.Rows(Run)).Count()); // with the trained rows

        var strip = OmpFigures.Surprise(Run, "Ta.");
        Assert.Equal(3, GenericChart.getTraces(strip).Count());
        Assert.Contains("donor's, zero rows: ", GenericChart.toFigureJson(strip));
        Assert.Equal(12, OmpTables.Methods(trained.Results).Rows.Count);
        Assert.Equal(4, OmpTables.Plan(plan).Rows.Count);
        Assert.Equal(2, OmpTables.Numbers(trained.Results).Rows.Count);
        Assert.Equal(Run.Pair.Anchors.Count, Convert.ToInt32(OmpTables.Vocabularies(Run.Pair).Rows[3][1]));
        Assert.Equal(4, OmpTables.Anchors(Run, trained.Corpus.Texts[1].Test, tokens: 4, k: 4).Rows.Count);
    }

    [Fact]
    public void What_cannot_be_run_is_refused()
    {
        Assert.Throws<ArgumentException>(() => plan.Run(trained.Corpus, []));
        Assert.Contains("quick and full", Assert.Throws<ArgumentException>(() => OmpExperiment.Of("fast")).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => trained.Run(plan with { Candidates = [17] }));
        Assert.Throws<OperationCanceledException>(() => plan.Run(trained.Corpus, [4], new ModelCache(Path.GetTempPath()), cancellation: new CancellationToken(true)));
    }
}
