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

    private static readonly ExactBytesExperiment tiny = new()
    {
        Vocabularies = (300, 280, 320),
        Model = vocabulary => new DecoderOptions(vocabulary, 16, 1, 2, 32),
        Steps = 5,
        EnsembleSteps = (5, 3),
        TokensPerStep = 64,
        Cuts = 6,
        Pieces = 2,
        EnsembleBytes = 60,
    };

    [Fact]
    public void A_run_measures_every_claim_and_what_is_certain_holds()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        var results = tiny.Run(corpus, [1, 2], new ModelCache(folder));
        Assert.Equal(6, Directory.GetFiles(folder).Length); // three models a seed
        Assert.All(results.Runs, run => Assert.Equal((6, 6, 6), (run.Anywhere.Count, run.MidToken.Count, run.PieceEnd.Count)));

        var claims = results.Claims().Items;
        Assert.All(claims, claim => Assert.All(claim.Margins, margin => Assert.True(double.IsFinite(margin), claim.Name)));
        foreach (var certain in claims.Where(claim => claim.Name.StartsWith("The ", StringComparison.Ordinal) || claim.Name.Contains("on average", StringComparison.Ordinal)))
            Assert.Equal(Verdict.Holds, certain.Verdict);
        Assert.Equal(2, claims[0].Margins.Count);

        var again = tiny.Run(corpus, [1], new ModelCache(folder));
        Assert.Equal(results.Runs[0].MidToken, again.Runs[0].MidToken);
        Assert.Equal(results.Runs[0].Ensemble, again.Runs[0].Ensemble);
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
