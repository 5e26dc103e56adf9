using Lab.Data;
using Lab.Data.Grammars;
using Lab.Metrics;
using Lab.Nn;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.LearnYourTokens;

/// <summary>
/// The reproduction: words pooled into p vectors against bytes, subwords and whole words, trained on the same bytes at equal
/// operations per byte; the larger p twice, at equal operations and at equal width.
/// </summary>
/// <remarks>Source: Thawani et al. 2023 (arXiv 2310.11628).</remarks>
public sealed record PooledExperiment
{
    /// <summary>Width of all stacks, d.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Blocks of the main decoder.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Blocks of the word encoder, and of the word decoder.</summary>
    public int CharLayers { get; init; } = 1;

    /// <summary>Vectors per word of the arm beside p = 1.</summary>
    public int Prefixes { get; init; } = 4;

    /// <summary>What these vectors see of each other in the main decoder.</summary>
    public BackboneMask Mask { get; init; } = BackboneMask.Causal;

    /// <summary>Longest word; longer ones are cut.</summary>
    public int Canvas { get; init; } = 12;

    /// <summary>Bytes of context that every model sees.</summary>
    public int ContextBytes { get; init; } = 128;

    /// <summary>Tokens of the subword model.</summary>
    public int Subwords { get; init; } = 1024;

    /// <summary>Words of the word model.</summary>
    public int WordVocabulary { get; init; } = 4096;

    /// <summary>Batches.</summary>
    public long Steps { get; init; } = 180;

    /// <summary>Windows in a batch.</summary>
    public int Windows { get; init; } = 4;

    /// <summary>Highest learning rates: those of 1e-3, 2e-3, 4e-3 and 8e-3 with the best word accuracy on validation text, in this profile's context, with another seed.</summary>
    public PooledRates LearningRates { get; init; } = new(Chars: 4e-3, CharsByUnits: 2e-3, Subwords: 1e-3, Words: 1e-3, Single: 2e-3, Several: 2e-3, Narrow: 4e-3);

    /// <summary>Bytes of the test text that are scored.</summary>
    public int ScoredBytes { get; init; } = 15_000;

    /// <summary>Books in it are learned, one of <see cref="TextDatasets.Languages"/>; null for the scale's own text.</summary>
    public string? Language { get; init; }

    /// <summary>Whether all claims get a verdict: at the small scale some cannot be expected to show.</summary>
    public bool Judged { get; init; }

    /// <summary>Small models on a made-up language, some tens of seconds on two cores.</summary>
    public static PooledExperiment Quick { get; } = new();

    /// <summary>Larger models on Shakespeare, minutes on two cores.</summary>
    public static PooledExperiment Full { get; } = new()
    {
        Layers = 4,
        Steps = 1800,
        Windows = 12,
        LearningRates = new(Chars: 8e-3, CharsByUnits: 8e-3, Subwords: 2e-3, Words: 1e-3, Single: 2e-3, Several: 2e-3, Narrow: 4e-3),
        ScoredBytes = 50_000,
        Judged = true,
    };

    /// <summary>The experiment of a profile. Without Shakespeare, the larger models learn a made-up language, and no claim about natural text is judged.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static PooledExperiment Of(string profile) => Profile.Choose(profile, Quick, Full with { Judged = TextDatasets.AreHere });

    /// <summary>Books in the language asked for; else Shakespeare where it is, at the full scale; else the grammar's language 0, whose rare words are names and numbers.</summary>
    /// <exception cref="ArgumentException">No books in that language.</exception>
    /// <exception cref="DatasetUnavailableException">The books are not on this machine; says what to do.</exception>
    public TextSplits LoadCorpus() => Language is { } language ? TextDatasets.Books(language) : Judged ? TextDatasets.Shakespeare() : new Grammar().Splits(800_000, 0);

    /// <summary>The pooled model.</summary>
    /// <param name="corpus">Its training text; gives the words that its context of bytes holds.</param>
    /// <param name="prefixes">Vectors per word.</param>
    /// <param name="seed">Of weights and windows.</param>
    /// <exception cref="ArgumentException">A text without a space: one word.</exception>
    public TinyWordLmOptions Pooled(TextSplits corpus, int prefixes, long seed)
    {
        var words = WordSplitter.Whitespace.Split(corpus.Train).Count;
        if (words < 2) throw new ArgumentException($"A model of words needs a text of words, but {corpus.Name} has no space and so is {(words == 0 ? "empty" : "one word")}.", nameof(corpus));
        var pieces = WordSplitter.Whitespace.Split(corpus.Train, Canvas).Count;
        var context = Math.Max(2, (int)Math.Round((double)ContextBytes * pieces / corpus.Train.Length));
        var rate = prefixes == 1 ? LearningRates.Single : LearningRates.Several;
        return new(Sizes(Width, context, prefixes), WordSplitter.Whitespace, Steps) { WordsPerStep = Windows * context, LearningRate = rate, Seed = seed };
    }

    /// <summary>The pooled model with several vectors per word, narrower, so that a byte costs it what it costs the one with p = 1, within 5 %.</summary>
    /// <param name="corpus">Its training text.</param>
    /// <param name="seed">Of weights and windows.</param>
    /// <exception cref="ArgumentException">No width does, or a text without a space.</exception>
    public TinyWordLmOptions Narrow(TextSplits corpus, long seed)
    {
        var several = Pooled(corpus, Prefixes, seed);
        several.Model.Check();
        var words = WordSplitter.Whitespace.Split(corpus.Train, Canvas);
        var budget = ForwardCost.Of(Pooled(corpus, 1, seed).Model, words).Total;
        var sizes = Enumerable.Range(1, Width).Select(width => Sizes(width, several.Model.Context, Prefixes)).Where(model => model.Width % model.Heads == 0);
        var nearest = sizes.MinBy(Error)!;
        if (Error(nearest) > ForwardCost.Tolerance)
            throw new ArgumentException($"No width makes {Prefixes} vectors per word cost what one of width {Width} does, within {100 * ForwardCost.Tolerance:F0} %: choose fewer vectors or a larger width.");
        return several with { Model = nearest, LearningRate = LearningRates.Narrow };

        double Error(WordLmOptions model) => Math.Abs(ForwardCost.Of(model, words).Total / budget - 1);
    }

    /// <summary>A model of tokens: as many windows of as many bytes, and as many operations per byte as the pooled one with p = 1, within 5 %.</summary>
    /// <param name="corpus">Its training text.</param>
    /// <param name="vocabulary">Of the tokens.</param>
    /// <param name="tokens">In the training text.</param>
    /// <param name="rate">Highest learning rate.</param>
    /// <param name="seed">Of weights and windows.</param>
    public TinyLmOptions Tokens(TextSplits corpus, int vocabulary, int tokens, double rate, long seed)
    {
        var context = Math.Max(2, (int)Math.Round((double)ContextBytes * tokens / corpus.Train.Length));
        var words = WordSplitter.Whitespace.Split(corpus.Train, Canvas);
        var budget = ForwardCost.Of(Pooled(corpus, 1, seed).Model, words).Total / tokens;
        return new(ForwardCost.Match(vocabulary, context, Layers, budget, cost => cost.Total), Steps) { TokensPerStep = Windows * context, LearningRate = rate, Seed = seed };
    }

    // One vector has no other to see: the model is the same under both masks, and so is its place in the cache.
    private WordLmOptions Sizes(int width, int context, int prefixes) => new(width, CharLayers, width, Layers, context)
    {
        Prefixes = prefixes,
        MaxWordBytes = Canvas,
        Mask = prefixes == 1 ? BackboneMask.Causal : Mask,
    };

    /// <summary>Trains what the cache lacks and measures everything.</summary>
    /// <param name="corpus">E.g. from <see cref="LoadCorpus"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cache">Of models; the user's when null.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, or a text without a space or too short.</exception>
    public PooledResults Run(
        TextSplits corpus, IReadOnlyList<long> seeds, Device? device = null, IProgress<TrainingProgress>? progress = null,
        ModelCache? cache = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        var comparison = new PooledComparison(this, corpus, device ?? CPU, progress, cache ?? ModelCache.Default, cancellation);
        var runs = Runs.All(seeds.Select(seed => comparison.Run(seed)));
        return new(this, corpus, runs);
    }
}

/// <summary>Highest learning rates.</summary>
/// <param name="Chars">Of the model of bytes.</param>
/// <param name="CharsByUnits">Of that in the shorter context.</param>
/// <param name="Subwords">Of the model of subwords.</param>
/// <param name="Words">Of the model of whole words.</param>
/// <param name="Single">Of the pooled model with one vector per word.</param>
/// <param name="Several">Of that with several.</param>
/// <param name="Narrow">Of that with several at equal operations.</param>
public sealed record PooledRates(double Chars, double CharsByUnits, double Subwords, double Words, double Single, double Several, double Narrow);
