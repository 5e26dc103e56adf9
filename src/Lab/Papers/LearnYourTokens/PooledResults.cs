using Lab.Data;
using Lab.Metrics;
using Lab.Nn;
using Lab.Text;

namespace Lab.Papers.LearnYourTokens;

/// <summary>One model, measured.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Parameters">Numbers in all weights.</param>
/// <param name="CostPerByte">Of the forward pass on the training text, with attention.</param>
/// <param name="BytesSeen">In training, repetitions counted.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="BitsPerByte">On the test text; null for a model that cannot spell.</param>
/// <param name="WordAccuracy">In [0, 1], the most likely unit taken at every place.</param>
/// <param name="SampledAccuracy">In [0, 1], every unit drawn from its distribution.</param>
/// <param name="Buckets">Word accuracy by training frequency.</param>
/// <param name="Scores">By byte of the test text.</param>
public sealed record PooledArm(
    string Name, long Parameters, double CostPerByte, double BytesSeen, double Seconds, double? BitsPerByte, double WordAccuracy, double SampledAccuracy,
    IReadOnlyList<FrequencyBucket> Buckets, ByteScores Scores);

/// <summary>What was measured with one seed. Owns the pooled model.</summary>
/// <param name="Seed">Of weights and windows.</param>
/// <param name="Chars">Bytes.</param>
/// <param name="CharsByUnits">Bytes, with as many of them in its context as the pooled models have words: the paper's setting.</param>
/// <param name="Subwords">Byte pair encoding.</param>
/// <param name="Words">Whole words.</param>
/// <param name="Single">Pooled, one vector per word.</param>
/// <param name="Several">Pooled, several vectors per word, at equal width and steps.</param>
/// <param name="Narrow">The same, narrower, at equal operations.</param>
/// <param name="UnknownShare">Of the test text's words that the word model does not know.</param>
/// <param name="Model">Of <paramref name="Several"/>.</param>
public sealed record PooledRun(
    long Seed, PooledArm Chars, PooledArm CharsByUnits, PooledArm Subwords, PooledArm Words, PooledArm Single, PooledArm Several, PooledArm Narrow, double UnknownShare, TinyWordLm Model) : IDisposable
{
    /// <summary>All arms.</summary>
    public IReadOnlyList<PooledArm> Arms => [Chars, CharsByUnits, Subwords, Words, Single, Several, Narrow];

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">What was run.</param>
/// <param name="Corpus">Learned from.</param>
/// <param name="Runs">One per seed.</param>
public sealed record PooledResults(PooledExperiment Experiment, TextSplits Corpus, IReadOnlyList<PooledRun> Runs) : IDisposable
{
    // Counted: 4 blocks inside words of 5 to 6 bytes, with a prefix each, against 12.
    private const string SmallStacksRead =
        "Close: the ratio falls with the length of words, to 0.50 at 6 bytes and 0.55 at 5. The stacks inside words are as wide as the main decoder and run on every byte, which by itself is a third of the cost of a model of bytes.";

    private const string FrequentWordsRead =
        "Models of this size, trained on so little text, predict hardly more than the words that they saw a hundred times, and of these the pooled one makes less from context: where a frequent word comes, it is about twice as probable as its share of the text, with subwords three times. A subword model has such a word as one token from the start; the pooled one must first learn to tell words apart and to spell them, and the right byte must be the most likely at every place.";

    private const string LongContextRead =
        "The other way round: of two models of bytes that see as many of them, the one with the short context learns more, because so small a model does not yet use a long one and only learns its positions more slowly. The gain from pooling is smaller then, not larger.";

    private const string NoRareWordRead = "No model predicts a word that training had fewer than twenty times.";

    private const string SeveralVectorsRead =
        "A little behind, within the spread of seeds, and close in bits per byte: more vectors are more positions to learn at the same number of steps.";

    /// <summary>The paper's claims beside what was measured.</summary>
    /// <remarks>
    /// Against bytes and subwords stands the pooled model that costs as much as they do, p = 1. Source: abstract and section 4 of
    /// arXiv 2310.11628.
    /// </remarks>
    public Claims Claims()
    {
        var full = Experiment.Judged;
        return new("learn-your-tokens",
        [
            Claim("Pooled words predict more words than subwords and bytes", "more than 300 % better (relative)", "points", full ? 2 : 1,
                run => 100 * (run.Single.WordAccuracy - Math.Max(run.Subwords.WordAccuracy, run.Chars.WordAccuracy)), FrequentWordsRead),
            Claim("The same with every unit drawn from its distribution, as the published code scores", "more than 300 % better (relative)", "points", null,
                run => 100 * (run.Single.SampledAccuracy - Math.Max(run.Subwords.SampledAccuracy, run.Chars.SampledAccuracy))),
            Claim("With equal units of context the gain over bytes is at least twice that with equal bytes", "baselines see as many units", "%", full ? 0 : null,
                run => 100 * (Gain(run.Single, run.CharsByUnits) - 2 * Math.Max(0, Gain(run.Single, run.Chars))), LongContextRead),
            Claim("On rare words (1 to 4 times in training) pooled words gain more on subwords than on all words", "a factor of 30 on rare words", "times", full && AnyRareRight ? 0 : null,
                run => Ratio(run.Single.Buckets[1].Right, run.Subwords.Buckets[1].Right) - Ratio(Right(run.Single), Right(run.Subwords))),
            Claim("Pooled words predict words never seen in training", "a model of whole words cannot", "words", full ? 1 : null, run => run.Single.Buckets[0].Right, NoRareWordRead),
            Claim("Several vectors per word are not worse than one, at equal steps", "several prefix vectors", "points", full ? 0 : null,
                run => 100 * (run.Several.WordAccuracy - run.Single.WordAccuracy), SeveralVectorsRead),
            new("What a byte costs with several vectors per word, over its cost with one", "several prefix vectors", [Runs[0].Several.CostPerByte / Runs[0].Single.CostPerByte], "times"),
            Claim("Several vectors per word over one, at equal operations", "several prefix vectors", "points", null,
                run => 100 * (run.Narrow.WordAccuracy - run.Single.WordAccuracy)),
            new("At the repository's sizes a byte costs the pooled model at most half of what it costs a model of bytes", "attention over words instead of characters", [-CostRatio(Corpus)], "times") { Required = -0.5, NotReproduced = Explained(SmallStacksRead) },
        ]);
    }

    /// <summary>Operations per byte of the pooled model over those of a model of bytes, both of the reference repository's width and layers, in a context of 512 bytes.</summary>
    /// <param name="corpus">Gives the lengths of words.</param>
    public static double CostRatio(TextSplits corpus)
    {
        const int Width = 768, Layers = 12, CharLayers = 2, Heads = 4, ContextBytes = 512, Canvas = 12;
        var words = WordSplitter.Whitespace.Split(corpus.Test, Canvas);
        var context = (int)Math.Round((double)ContextBytes * words.Count / words.Bytes.Length);
        var pooled = ForwardCost.Of(new WordLmOptions(Width, CharLayers, Width, Layers, context) { Heads = Heads, CharHeads = Heads, MaxWordBytes = Canvas }, words);
        return pooled.Total / ForwardCost.Of(new DecoderOptions(256, Width, Layers, Heads, ContextBytes), words.Bytes.Length).Total;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    // Where no model gets one right, a ratio says nothing.
    private bool AnyRareRight => Runs.Any(run => run.Single.Buckets[1].Right + run.Subwords.Buckets[1].Right > 0);

    private static double Gain(PooledArm ours, PooledArm theirs) => Ratio(Right(ours), Right(theirs)) - 1;

    // Half a word added to both: a model may get none right.
    private static double Ratio(int ours, int theirs) => (ours + 0.5) / (theirs + 0.5);

    private static int Right(PooledArm arm) => arm.Buckets.Sum(bucket => bucket.Right);

    private Claim Claim(string name, string reported, string unit, double? required, Func<PooledRun, double> margin, string? notReproduced = null) => new(name, reported, [.. Runs.Select(margin)], unit)
    {
        Required = required,
        SeedsRequired = required is null ? null : (2 * Runs.Count + 2) / 3,
        NotReproduced = required is null ? null : Explained(notReproduced),
    };

    // What was read off Shakespeare and the made-up language need not explain other books.
    private string? Explained(string? why) => Experiment.Language is null ? why : null;
}
