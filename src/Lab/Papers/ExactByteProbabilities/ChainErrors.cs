using System.Text;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>What next-byte laws say behind one prefix of a source that is known: probabilities of the letter A.</summary>
/// <param name="Prefix">Letters so far.</param>
/// <param name="Truth">Of the source.</param>
/// <param name="Naive">Null: no longer text's encoding begins with the prefix's own, so the naive law is 0/0.</param>
/// <param name="Healed">Null where the naive law is.</param>
/// <param name="Exact">Of the cover.</param>
public sealed record ChainPoint(string Prefix, double Truth, double? Naive, double? Healed, double Exact);

/// <summary>How far from the truth next-byte laws are on a source that is known, behind every prefix up to a length.</summary>
/// <param name="Seed">Of the source.</param>
/// <param name="Lemma">Largest difference between the probability of a prefix and the sum over its cover.</param>
/// <param name="Points">Every prefix, shorter ones first.</param>
public sealed record ChainErrors(long Seed, double Lemma, IReadOnlyList<ChainPoint> Points)
{
    /// <summary>Letters of the texts that are encoded, and of the longest prefix.</summary>
    private const int TextLength = 12, LongestPrefix = 8;

    /// <summary>Largest error of the exact law.</summary>
    public double Exact => Points.Max(point => Math.Abs(point.Truth - point.Exact));

    /// <summary>Errors of the naive law, prefix by prefix.</summary>
    public IReadOnlyList<double> Naive => Errors(point => point.Naive);

    /// <summary>Errors of token healing, prefix by prefix.</summary>
    public IReadOnlyList<double> Healed => Errors(point => point.Healed);

    /// <summary>Measures a random source of two letters, with merges learned from it.</summary>
    /// <param name="order">How many letters back the source looks.</param>
    /// <param name="merges">Of the tokenizer.</param>
    /// <param name="seed">Of the source.</param>
    public static ChainErrors Of(int order, int merges, long seed)
    {
        var source = MarkovSource.Random("AB", order, seed);
        var law = new ExactTokenLm(source, Tokenizer(source, merges, seed), TextLength);
        var search = new CoverSearch(law);
        var (lemma, points) = (0.0, new List<ChainPoint>());
        foreach (var prefix in Enumerable.Range(1, LongestPrefix).SelectMany(source.Texts))
        {
            var bytes = Encoding.ASCII.GetBytes(prefix);
            lemma = Math.Max(lemma, Math.Abs(source.Probability(prefix) - Math.Exp(search.LogProbability(bytes))));
            var begins = law.Begins(law.Tokenizer.Encode(bytes));
            points.Add(new(
                prefix, source.Law(prefix)[0],
                begins ? NaiveBytes.Law(law, bytes)['A'] : null,
                begins ? TokenHealing.Law(law, bytes)['A'] : null,
                ByteView.Behind(law, bytes).Law()['A']));
        }
        return new(seed, lemma, points);
    }

    /// <summary>A tokenizer whose merges are learned from a short text of a source.</summary>
    /// <param name="source">Of ASCII letters.</param>
    /// <param name="merges">How many.</param>
    /// <param name="seed">Of the text.</param>
    public static Bpe Tokenizer(MarkovSource source, int merges, long seed)
    {
        var counts = new PieceCounts(PreTokenizer.SpacePrefix);
        counts.Add(source.Sample(3000, seed));
        return Bpe.Train(counts, 256 + merges);
    }

    private double[] Errors(Func<ChainPoint, double?> law) =>
        [.. Points.Select(point => law(point) is { } value ? Math.Abs(point.Truth - value) : (double?)null).OfType<double>()];
}
