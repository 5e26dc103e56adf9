using System.Text;
using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>What a learned model says behind one prefix of the known source.</summary>
/// <param name="Prefix">Letters so far.</param>
/// <param name="Truth">Probability of the letter A.</param>
/// <param name="Naive">Of A, by the encoding of the prefix alone.</param>
/// <param name="Healed">Of A, by token healing.</param>
/// <param name="Exact">Of A, by the cover.</param>
/// <param name="Distances">Total variation of the three laws to the truth over all bytes, in that order.</param>
public sealed record LearnedPoint(string Prefix, double Truth, double Naive, double Healed, double Exact, (double Naive, double Healed, double Exact) Distances);

/// <summary>
/// A decoder that has learned a known source from its encoded text. Its tokens are unbiased, as good as it has learned;
/// read naively its bytes are not, and no training repairs that.
/// </summary>
/// <param name="Points">One per prefix.</param>
/// <remarks>Source: Phan et al. 2024, section 3 (arXiv 2410.09303), there on a chain of the same order.</remarks>
public sealed record LearnedChain(IReadOnlyList<LearnedPoint> Points)
{
    // A line feed opens a piece and joins with nothing, so that a prefix can stand behind it.
    private const int LineLength = 500, ShortestPrefix = 8, LongestPrefix = 40;

    /// <summary>Mean total variation to the truth: naive, healed, exact.</summary>
    public (double Naive, double Healed, double Exact) Distances =>
        (Points.Average(point => point.Distances.Naive), Points.Average(point => point.Distances.Healed), Points.Average(point => point.Distances.Exact));

    /// <summary>Text of a source in lines, each begun anew.</summary>
    /// <param name="source">Of letters.</param>
    /// <param name="lines">How many.</param>
    /// <param name="seed">Of the draws.</param>
    public static byte[] Lines(MarkovSource source, int lines, long seed) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(line => "\n" + source.Sample(LineLength, Seed.Derive(seed, line)))));

    /// <summary>Trains a small decoder on a source, or takes it from the cache.</summary>
    /// <param name="source">Of letters.</param>
    /// <param name="tokenizer">With merges of its letters only.</param>
    /// <param name="bytes">Size of the training text.</param>
    /// <param name="steps">Batches.</param>
    /// <param name="seed">Of text and weights.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    public static TinyLm Train(
        MarkovSource source, Bpe tokenizer, int bytes, long steps, long seed, ModelCache? cache, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var corpus = new TextSplits("known source", Lines(source, bytes / LineLength, Seed.Derive(seed, "chain text")), [], []);
        var options = new TinyLmOptions(DecoderOptions.Nano(tokenizer.Vocabulary.Size), steps) { TokensPerStep = 1024, Seed = seed };
        return TinyLm.GetOrTrain(options, tokenizer, corpus, progress: progress, cache: cache, cancellation: cancellation);
    }

    /// <summary>Holds a model's three readings against the source, behind prefixes drawn from it.</summary>
    /// <param name="model">That has learned <see cref="Lines"/> of the source.</param>
    /// <param name="source">With the letters A and B.</param>
    /// <param name="count">Prefixes.</param>
    /// <param name="seed">Of the prefixes.</param>
    /// <param name="cancellation">Stops before the next prefix.</param>
    public static LearnedChain Of(TinyLm model, MarkovSource source, int count, long seed, CancellationToken cancellation = default)
    {
        var lineStart = model.Tokenizer.Encode("\n"u8);
        var random = new CounterRandom(Seed.Derive(seed, "prefixes"), 0);
        var prefixes = new string[count];
        for (var i = 0; i < count; i++) prefixes[i] = source.Sample(ShortestPrefix + random.Below(LongestPrefix - ShortestPrefix + 1), Seed.Derive(seed, i));
        using var tokens = new DecoderTokens(model.Model, model.Tokenizer);
        return new(OneByOne.Map(prefixes, Point, cancellation));

        LearnedPoint Point(string prefix)
        {
            var (bytes, truth) = (Encoding.ASCII.GetBytes(prefix), new double[256]);
            foreach (var (letter, probability) in source.Alphabet.Zip(source.Law(prefix))) truth[letter] = probability;
            var naive = NaiveBytes.Law(tokens, bytes, lineStart);
            var healed = TokenHealing.Law(tokens, bytes, lineStart);
            var exact = ByteView.Behind(tokens, bytes, lineStart).Law();
            return new(prefix, truth['A'], naive['A'], healed['A'], exact['A'], (Distance(truth, naive), Distance(truth, healed), Distance(truth, exact)));
        }
    }

    private static double Distance(double[] truth, double[] law) => truth.Zip(law).Sum(pair => Math.Abs(pair.First - pair.Second)) / 2;
}
