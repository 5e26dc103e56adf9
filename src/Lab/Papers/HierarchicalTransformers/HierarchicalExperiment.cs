using Lab.Data;
using Lab.Data.Grammars;
using Lab.Metrics;
using Lab.Nn;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>
/// The reproduction: the hierarchical model against a byte pair encoding of equal operations per byte, trained on the same
/// bytes; its words against pieces of eight bytes; misspelled context; and a second language learned afterwards.
/// </summary>
public sealed record HierarchicalExperiment
{
    /// <summary>Sizes of the hierarchical model.</summary>
    public WordLmOptions Model { get; init; } = new(CharWidth: 64, CharLayers: 1, Width: 96, Layers: 3, Context: 32);

    /// <summary>Cuts texts into words, for the hierarchical model.</summary>
    public WordSplitter Splitter { get; init; } = WordSplitter.Whitespace;

    /// <summary>Tokens of the baseline.</summary>
    public int Vocabulary { get; init; } = 512;

    /// <summary>The baseline gets the layers that make its operations per byte equal; otherwise those of the backbone.</summary>
    public bool ComputeMatch { get; init; } = true;

    /// <summary>Batches.</summary>
    public long Steps { get; init; } = 130;

    /// <summary>Words in a batch.</summary>
    public int WordsPerStep { get; init; } = 256;

    /// <summary>Highest learning rates of the hierarchical model and the baseline; in full the best of 1, 2 and 4 thousandths on the validation text, with another seed.</summary>
    public (double Words, double Tokens) LearningRates { get; init; } = (4e-3, 3e-3);

    /// <summary>Likewise in the second language, in full the best of 0.5, 1, 2 and 4 thousandths.</summary>
    public (double Words, double Tokens) AdaptationRates { get; init; } = (2e-3, 1.5e-3);

    /// <summary>Batches of the hierarchical model in the second language; the baseline gets as many operations.</summary>
    public long AdaptationSteps { get; init; } = 30;

    /// <summary>Share of the characters that noise touches.</summary>
    public double NoiseRate { get; init; } = 0.1;

    /// <summary>Bytes of the test text that are scored.</summary>
    public int ScoredBytes { get; init; } = 8_000;

    /// <summary>Whether all claims get a verdict: at the small scale some cannot be expected to show.</summary>
    public bool Judged { get; init; }

    /// <summary>Small models on made-up languages, some tens of seconds on two cores.</summary>
    public static HierarchicalExperiment Quick { get; } = new();

    /// <summary>Larger models on English, then Finnish, minutes on two cores.</summary>
    public static HierarchicalExperiment Full { get; } = new()
    {
        Model = new(CharWidth: 96, CharLayers: 2, Width: 192, Layers: 6, Context: 64),
        Vocabulary = 4096,
        Steps = 320,
        WordsPerStep = 512,
        LearningRates = (4e-3, 1e-3),
        AdaptationRates = (4e-3, 2e-3),
        AdaptationSteps = 80,
        ScoredBytes = 20_000,
        Judged = true,
    };

    /// <summary>The experiment of a profile. Without the books, the larger models learn made-up languages, and no claim about books is judged.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static HierarchicalExperiment Of(string profile) => Profile.Choose(profile, Quick, Full with { Judged = TextDatasets.AreHere });

    /// <summary>The language learned first and the others, the second language before them.</summary>
    /// <returns>Books in English, then Finnish, German and French, where they are; else, and at the small scale, the grammar's languages 0, then 2, 1, 3.</returns>
    public (TextSplits Main, IReadOnlyList<TextSplits> Others) LoadCorpora()
    {
        if (Judged) return (TextDatasets.Books("en"), [TextDatasets.Books("fi"), TextDatasets.Books("de"), TextDatasets.Books("fr")]);
        const int Bytes = 800_000;
        var grammar = new Grammar();
        return (grammar.Splits(Bytes, 0), [grammar.Splits(Bytes / 2, 2), grammar.Splits(Bytes / 20, 1), grammar.Splits(Bytes / 20, 3)]);
    }

    /// <summary>The baseline's tokenizer: its pieces are the words, so that both models know the same words.</summary>
    /// <param name="corpus">Learned from.</param>
    public Bpe TrainTokenizer(TextSplits corpus) => Bpe.Train(corpus.Train, PreTokenizer.Words, Vocabulary);

    /// <summary>Operations per byte of a text.</summary>
    /// <param name="model">Hierarchical.</param>
    /// <param name="text">UTF-8, not empty.</param>
    public static ForwardCost CostPerByte(TinyWordLm model, byte[] text) => ForwardCost.Of(model.Options.Model, model.Split(text)) / text.Length;

    /// <inheritdoc cref="CostPerByte(TinyWordLm, byte[])"/>
    public static ForwardCost CostPerByte(TinyLm model, byte[] text) => ForwardCost.Of(model.Options.Model, model.Tokenizer.Encode(text).Length) / text.Length;

    /// <summary>The baseline: as many windows in a step, of as many bytes; and as many operations per byte within 5 %, in as many layers as the backbone or nearly so.</summary>
    /// <param name="tokenizer">Its tokens.</param>
    /// <param name="corpus">Its training text.</param>
    /// <param name="seed">Of weights and windows.</param>
    public TinyLmOptions Baseline(Bpe tokenizer, TextSplits corpus, long seed)
    {
        var words = Splitter.Split(corpus.Train, Model.MaxWordBytes);
        var tokensPerByte = (double)tokenizer.Encode(corpus.Train).Length / corpus.Train.Length;
        var context = (int)Math.Round(Model.Context * (double)corpus.Train.Length / words.Count * tokensPerByte);
        var budget = ForwardCost.Of(Model, words).Matrices / corpus.Train.Length / tokensPerByte;
        var model = ComputeMatch ? ForwardCost.Match(tokenizer.Vocabulary.Size, context, Model.Layers, budget, cost => cost.Matrices) : new(tokenizer.Vocabulary.Size, Model.Width, Model.Layers, Model.Heads, context);
        return new(model, Steps) { TokensPerStep = WordsPerStep / Model.Context * context, LearningRate = LearningRates.Tokens, Seed = seed };
    }

    /// <summary>The hierarchical model that reads pieces of eight bytes: as many windows in a step, of as many bytes.</summary>
    /// <param name="corpus">Its training text.</param>
    /// <param name="seed">Of weights and windows.</param>
    public TinyWordLmOptions FixedPieces(TextSplits corpus, long seed)
    {
        const int Piece = 8;
        var bytesPerWord = (double)corpus.Train.Length / Splitter.Split(corpus.Train, Model.MaxWordBytes).Count;
        var context = Math.Max(2, (int)Math.Round(Model.Context * bytesPerWord / Piece));
        return Hierarchical(seed) with
        {
            Model = Model with { Context = context, MaxWordBytes = Piece },
            Splitter = WordSplitter.FixedBytes(Piece),
            WordsPerStep = WordsPerStep / Model.Context * context,
        };
    }

    /// <summary>The hierarchical model.</summary>
    /// <param name="seed">Of weights and windows.</param>
    public TinyWordLmOptions Hierarchical(long seed) => new(Model, Splitter, Steps) { WordsPerStep = WordsPerStep, LearningRate = LearningRates.Words, Seed = seed };

    /// <summary>Trains what the cache lacks and measures everything.</summary>
    /// <param name="main">The language learned first.</param>
    /// <param name="others">At least one; the first is the second language, all are counted.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cache">Of models; the user's when null.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, no second language, or texts too short.</exception>
    public HierarchicalResults Run(
        TextSplits main, IReadOnlyList<TextSplits> others, IReadOnlyList<long> seeds, Device? device = null, IProgress<TrainingProgress>? progress = null,
        ModelCache? cache = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0 || others.Count == 0) throw new ArgumentException("An experiment needs at least one seed and a second language.", nameof(seeds));
        var tokenizer = TrainTokenizer(main);
        var growth = TokenGrowth.Measure(main, others, Vocabulary, NoiseRate, Model.MaxWordBytes, seed: 0);
        var runs = Runs.All(seeds.Select(seed => new Comparison(this, main, others[0], tokenizer, device ?? CPU, progress, cache ?? ModelCache.Default, cancellation).Run(seed)));
        return new(this, main, others[0], growth, runs);
    }
}
