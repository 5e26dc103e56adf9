using Lab.Data.Grammars;
using Lab.Nn;
using Lab.Papers;
using Lab.Papers.ExactByteProbabilities;
using Lab.Training;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public sealed class ExactBytesExperimentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-exact-bytes-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static DecoderOptions Small(int vocabulary) => new(vocabulary, 16, 1, 2, 32);

    private static readonly ExactBytesExperiment tiny = new()
    {
        Vocabularies = (300, 280, 320),
        Model = Small,
        EnsembleModel = Small,
        Steps = 5,
        EnsembleSteps = (60, 4), // the first is better at first and gets shortened
        TokensPerStep = 256,
        ChainBytes = 5_000,
        ChainSteps = 3,
        ChainPrefixes = 10,
        Cuts = 6,
        Pieces = 2,
        EnsembleBytes = 700,
        GapShare = 0.5,
        Gaps = 5,
        Stretch = 80,
    };

    [Fact]
    public void A_run_measures_every_claim_and_what_is_certain_holds()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        using var results = tiny.Run(corpus, [1, 2], new ModelCache(folder));
        Assert.True(Directory.GetFiles(folder).Length >= 10); // five models a seed
        Assert.All(results.Runs, run => Assert.Equal((6, 6, 6, 6, 5), (run.Anywhere.Count, run.MidToken.Count, run.PieceEnd.Count, run.Bytes.Count, run.Gaps.Count)));
        Assert.All(results.Runs, run => Assert.Equal(700, run.Ensemble.Text.Length));

        var claims = results.Claims().Items;
        Assert.All(claims, claim => Assert.All(claim.Margins, margin => Assert.True(double.IsFinite(margin), claim.Name)));
        foreach (var certain in claims.Where(claim => claim.Name.StartsWith("The ", StringComparison.Ordinal) || claim.Name.Contains("on average", StringComparison.Ordinal)))
            Assert.Equal(Verdict.Holds, certain.Verdict);
        Assert.Equal(2, claims[0].Margins.Count);

        using var again = tiny.Run(corpus, [1], new ModelCache(folder));
        Assert.True(again.Runs[0].Models.Cut.FromCache);
        Assert.Equal(results.Runs[0].MidToken, again.Runs[0].MidToken);
        Assert.Equal(results.Runs[0].Gaps, again.Runs[0].Gaps);
        Assert.Equal(results.Runs[0].Ensemble.Together, again.Runs[0].Ensemble.Together);
    }

    [Fact]
    public void Claims_on_gaps_are_made_only_where_gaps_are_filled_and_the_ensemble_is_judged_only_in_full()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        using var results = (tiny with { Gaps = 0, GapShare = 0 }).Run(corpus, [1], new ModelCache(folder));
        Assert.DoesNotContain(results.Claims().Items, claim => claim.Name.Contains("gap", StringComparison.Ordinal));
        Assert.Equal(Verdict.Reported, results.Claims().Items[^1].Verdict);
        Assert.Equal(0.5, (results with { Experiment = results.Experiment with { IsFull = true } }).Claims().Items[^1].Required);
        Assert.Throws<ArgumentException>(() => ExactBytesExperiment.Of("medium"));
    }

    [Fact]
    public void The_better_model_of_the_ensemble_is_trained_for_fewer_steps_until_validation_text_finds_both_alike()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        using var results = tiny.Run(corpus, [1], new ModelCache(folder));
        var models = results.Runs[0].Models;
        Assert.Equal(4, models.Second.Options.Steps);
        Assert.True(models.First.Options.Steps < 60, $"{models.First.Options.Steps}");
        Assert.InRange(models.Validation.First / models.Validation.Second, 1 / 1.05, 1.05);
        ToyLaws.Near(models.First.Score(corpus.Validation).Value, models.Validation.First, 1e-9);
    }

    [Fact]
    public void A_learned_chain_is_held_against_its_source_behind_every_prefix()
    {
        var source = MarkovSource.Random("AB", 2, 4);
        var tokenizer = ChainErrors.Tokenizer(source, 3, 4);
        using var model = LearnedChain.Train(source, tokenizer, 20_000, 60, 4, new ModelCache(folder), null, default);
        var chain = LearnedChain.Of(model, source, 30, 1);
        Assert.Equal(30, chain.Points.Count);
        Assert.All(chain.Points, point => Assert.Equal(source.Law(point.Prefix)[0], point.Truth));
        Assert.All(chain.Points, point => Assert.True(point.Distances.Exact >= Math.Abs(point.Exact - point.Truth) - 1e-9)); // bytes that are no letter count, too
        Assert.True(chain.Distances.Exact < chain.Distances.Naive);
    }

    [Fact]
    public void Lines_of_a_source_open_with_a_line_feed_and_differ()
    {
        var lines = System.Text.Encoding.ASCII.GetString(LearnedChain.Lines(MarkovSource.Random("AB", 3, 1), 4, 2)).Split('\n');
        Assert.Equal("", lines[0]);
        Assert.Equal(4, lines.Skip(1).Distinct().Count());
        Assert.All(lines.Skip(1), line => Assert.Equal(500, line.Length));
    }

    [Fact]
    public void An_ensemble_reads_what_its_members_read_one_by_one()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        using var results = tiny.Run(corpus, [1], new ModelCache(folder));
        var models = results.Runs[0].Models;
        var reading = EnsembleReading.Of(models.First, models.Second, corpus.Test, 300, weight: 0.25);
        Assert.Equal(300, reading.Text.Length);
        Assert.True(corpus.Test.AsSpan().IndexOf(reading.Text) >= 256);
        for (var i = 0; i < 300; i++)
            ToyLaws.Near(0.25 * Math.Pow(2, -reading.First[i]) + 0.75 * Math.Pow(2, -reading.Second[i]), Math.Pow(2, -reading.Together[i]), 1e-9);
        Assert.InRange(reading.InvalidMass, 1e-6, 1);
        Assert.Contains("nothing to read", Assert.Throws<ArgumentException>(() => EnsembleReading.Of(models.First, models.Second, corpus.Test[..200], 300)).Message);
    }

    [Fact]
    public void On_the_known_source_exact_bytes_have_no_error_and_healing_lies_between()
    {
        foreach (var seed in new long[] { 1, 2, 3 })
        {
            var errors = ChainErrors.Of(order: 3, merges: 6, seed);
            Assert.True(errors.Exact < 1e-12 && errors.Lemma < 1e-12);
            Assert.True(errors.Healed.Average() < errors.Naive.Average());
            Assert.True(errors.Healed.Max() > 1e-3); // healing is no cure here
        }
    }

    [Fact]
    public void A_run_without_seeds_and_a_stopped_one_are_told()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        Assert.Throws<ArgumentException>(() => tiny.Run(corpus, []));
        Assert.Throws<OperationCanceledException>(() => tiny.Run(corpus, [1], new ModelCache(folder), cancellation: new CancellationToken(true)));
    }
}
