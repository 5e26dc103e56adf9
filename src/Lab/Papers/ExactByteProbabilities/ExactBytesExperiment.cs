using Lab.Data;
using Lab.Data.Grammars;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// The paper's experiment at a scale: a source that is known, exactly and learned; prompts and gaps that begin inside
/// tokens; an ensemble of two vocabularies.
/// </summary>
/// <remarks>Source: Phan et al. 2024 (arXiv 2410.09303), sections 3 to 5; code completion is replaced by the rest of a word and by gaps in plays.</remarks>
public sealed record ExactBytesExperiment
{
    /// <summary>Letters back that the known source looks.</summary>
    public int ChainOrder { get; init; } = 3;

    /// <summary>Merges of the known source's tokenizer.</summary>
    public int ChainMerges { get; init; } = 6;

    /// <summary>Letters of the known source that a model learns from.</summary>
    public int ChainBytes { get; init; } = 200_000;

    /// <summary>Batches that the model of the known source is trained on.</summary>
    public long ChainSteps { get; init; } = 100;

    /// <summary>Prefixes behind which that model is held against the truth.</summary>
    public int ChainPrefixes { get; init; } = 100;

    /// <summary>Tokens of the model whose prompts are cut, and of the two of the ensemble.</summary>
    public (int Cut, int First, int Second) Vocabularies { get; init; } = (512, 384, 1024);

    /// <summary>Sizes of the model whose prompts are cut and of the model of bytes, by vocabulary.</summary>
    public Func<int, DecoderOptions> Model { get; init; } = DecoderOptions.Nano;

    /// <summary>Sizes of the two models of the ensemble, by vocabulary.</summary>
    public Func<int, DecoderOptions> EnsembleModel { get; init; } = DecoderOptions.Nano;

    /// <summary>Batches that the model whose prompts are cut is trained on.</summary>
    public long Steps { get; init; } = 120;

    /// <summary>Batches for the two models of the ensemble, at most: the better one gets fewer, so that both are of like quality.</summary>
    public (long First, long Second) EnsembleSteps { get; init; } = (100, 40);

    /// <summary>Tokens in a batch.</summary>
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>Prompts of a kind.</summary>
    public int Cuts { get; init; } = 200;

    /// <summary>Whole pieces in a prompt before the one that is cut.</summary>
    public int Pieces { get; init; } = 12;

    /// <summary>Bytes that the ensemble reads.</summary>
    public int EnsembleBytes { get; init; } = 2000;

    /// <summary>Of the first model in the ensemble, 0 to 1; the second has the rest.</summary>
    public double EnsembleWeight { get; init; } = 0.5;

    /// <summary>Of the training stretches, how many have a gap.</summary>
    public double GapShare { get; init; }

    /// <summary>Gaps that are filled; none without training stretches with gaps.</summary>
    public int Gaps { get; init; }

    /// <summary>Bytes of a stretch of text around a gap.</summary>
    public int Stretch { get; init; } = 200;

    /// <summary>Whether the data are Shakespeare's plays, and the claims those of the full scale.</summary>
    public bool IsFull { get; init; }

    /// <summary>Small models on made-up text.</summary>
    public static ExactBytesExperiment Quick { get; } = new();

    /// <summary>Larger models on Shakespeare, and gaps to fill.</summary>
    public static ExactBytesExperiment Full { get; } = new()
    {
        IsFull = true,
        Vocabularies = (1024, 384, 1024),
        Model = DecoderOptions.Micro,
        Steps = 300,
        EnsembleSteps = (300, 300),
        ChainPrefixes = 500,
        Cuts = 400,
        EnsembleBytes = 20_000,
        GapShare = 0.5,
        Gaps = 300,
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static ExactBytesExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>The text of this scale: Shakespeare's plays for full, else made up here.</summary>
    /// <exception cref="Data.DatasetUnavailableException">The plays are not on this machine; says what to do.</exception>
    public TextSplits LoadText() => IsFull ? TextDatasets.Shakespeare() : new Grammar().Splits(400_000, language: 0);

    /// <summary>Trains what the cache lacks and measures everything.</summary>
    /// <param name="corpus">Usually from <see cref="LoadText"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="cache">Of models; the user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step or prompt.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, or a text too short.</exception>
    public ExactBytesResults Run(
        TextSplits corpus, IReadOnlyList<long> seeds, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        var runs = Runs.All(seeds.Select(seed => Measured(ExactBytesModels.Train(this, corpus, seed, cache, progress, cancellation), corpus.Test, seed, cancellation)));
        return new(this, corpus.Name, runs);
    }

    private ExactBytesRun Measured(ExactBytesModels models, byte[] text, long seed, CancellationToken cancellation)
    {
        try
        {
            var inside = Cut(CutKind.MidToken);
            var chain = ChainErrors.Of(ChainOrder, ChainMerges, seed);
            var learned = LearnedChain.Of(models.Chain, models.Source, ChainPrefixes, seed, cancellation);
            var gaps = Gaps == 0 ? [] : new FillInTheMiddle(models.Cut.Tokenizer).Prompts(text, Stretch, Gaps, Seed.Derive(seed, "gaps"));
            return new(
                seed, models, chain, learned, Scores(Cut(CutKind.Anywhere)), Scores(inside), Scores(Cut(CutKind.PieceEnd)), ByteScores(inside), Scores(gaps),
                EnsembleReading.Of(models.First, models.Second, text, EnsembleBytes, EnsembleWeight, cancellation));
        }
        catch
        {
            models.Dispose();
            throw;
        }

        IReadOnlyList<PromptCut> Cut(CutKind kind) => PromptCuts.Find(models.Cut.Tokenizer, text, kind, Cuts, Pieces, Seed.Derive(seed, "cuts"));

        IReadOnlyList<CutScores> Scores(IReadOnlyList<PromptCut> cuts)
        {
            using var tokens = new DecoderTokens(models.Cut.Model, models.Cut.Tokenizer);
            return OneByOne.Map(cuts, cut => PromptCuts.Score(tokens, cut), cancellation);
        }

        IReadOnlyList<CutScore> ByteScores(IReadOnlyList<PromptCut> cuts)
        {
            using var tokens = new DecoderTokens(models.Bytes.Model, models.Bytes.Tokenizer);
            return OneByOne.Map(cuts, cut => PromptCuts.Naive(tokens, cut with { Context = tokens.Tokenizer.Encode(models.Cut.Tokenizer.Decode(cut.Context)) }), cancellation);
        }
    }
}
