using Lab.Data;
using Lab.Data.Grammars;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>The paper's experiment at a scale: a source that is known, prompts that end inside tokens, an ensemble of two vocabularies.</summary>
/// <remarks>Source: Phan et al. 2024 (arXiv 2410.09303), sections 3 to 5; code completion is replaced by the rest of a word.</remarks>
public sealed record ExactBytesExperiment
{
    /// <summary>Letters back that the known source looks.</summary>
    public int ChainOrder { get; init; } = 3;

    /// <summary>Merges of the known source's tokenizer.</summary>
    public int ChainMerges { get; init; } = 6;

    /// <summary>Tokens of the model whose prompts are cut, and of the two of the ensemble.</summary>
    public (int Cut, int First, int Second) Vocabularies { get; init; } = (512, 384, 1024);

    /// <summary>Sizes of the models, by vocabulary.</summary>
    public Func<int, DecoderOptions> Model { get; init; } = DecoderOptions.Nano;

    /// <summary>Batches that the model whose prompts are cut is trained on.</summary>
    public long Steps { get; init; } = 200;

    /// <summary>Batches for the two models of the ensemble: the better one gets fewer, so that both are of like quality.</summary>
    public (long First, long Second) EnsembleSteps { get; init; } = (200, 70);

    /// <summary>Tokens in a batch.</summary>
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>Prompts of a kind.</summary>
    public int Cuts { get; init; } = 400;

    /// <summary>Whole pieces in a prompt before the one that is cut.</summary>
    public int Pieces { get; init; } = 12;

    /// <summary>Bytes that the ensemble reads.</summary>
    public int EnsembleBytes { get; init; } = 2000;

    /// <summary>Small models on made-up text.</summary>
    public static ExactBytesExperiment Quick { get; } = new();

    /// <summary>Larger models, for Shakespeare.</summary>
    public static ExactBytesExperiment Full { get; } = new()
    {
        Vocabularies = (1024, 384, 1024),
        Model = DecoderOptions.Micro,
        Steps = 900,
        EnsembleSteps = (900, 900),
        TokensPerStep = 4096,
        EnsembleBytes = 20_000,
    };

    /// <summary>Trains what the cache lacks and measures everything.</summary>
    /// <param name="corpus">E.g. <see cref="Grammar.Splits"/> or <see cref="TextDatasets.Shakespeare"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="cache">Of models; the user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step or prompt.</param>
    /// <exception cref="ArgumentException">No seed, or a text too short.</exception>
    public ExactBytesResults Run(
        TextSplits corpus, IReadOnlyList<long> seeds, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        return new(corpus.Name, [.. seeds.Select(seed =>
        {
            using var cut = Train(Vocabularies.Cut, Steps);
            using var first = Train(Vocabularies.First, EnsembleSteps.First);
            using var second = Train(Vocabularies.Second, EnsembleSteps.Second);
            var chain = ChainErrors.Of(ChainOrder, ChainMerges, seed);
            return new ExactBytesRun(seed, chain, Score(CutKind.Anywhere), Score(CutKind.MidToken), Score(CutKind.PieceEnd), EnsembleBits.Of(first, second, corpus.Test, EnsembleBytes));

            TinyLm Train(int vocabulary, long steps)
            {
                var counts = new PieceCounts(PreTokenizer.SpacePrefix);
                counts.Add(corpus.Train);
                var tokenizer = Bpe.Train(counts, vocabulary, cancellation: cancellation);
                var options = new TinyLmOptions(Model(tokenizer.Vocabulary.Size), steps) { TokensPerStep = TokensPerStep, Seed = seed };
                return TinyLm.GetOrTrain(options, tokenizer, corpus, progress: progress, cache: cache, cancellation: cancellation);
            }

            IReadOnlyList<CutScores> Score(CutKind kind)
            {
                using var tokens = new DecoderTokens(cut.Model, cut.Tokenizer);
                return [.. PromptCuts.Find(cut.Tokenizer, corpus.Test, kind, Cuts, Pieces, Seed.Derive(seed, "cuts")).Select(place =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return PromptCuts.Score(tokens, place);
                })];
            }
        })]);
    }
}
