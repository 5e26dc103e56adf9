using System.Text;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>How far from the truth next-byte laws are on a source that is known, behind every prefix up to a length.</summary>
/// <param name="Seed">Of the source.</param>
/// <param name="Lemma">Largest difference between the probability of a prefix and the sum over its cover.</param>
/// <param name="Exact">Largest error of the exact law.</param>
/// <param name="Naive">Errors of the naive law, prefix by prefix.</param>
/// <param name="Healed">Errors of token healing, prefix by prefix.</param>
public sealed record ChainErrors(long Seed, double Lemma, double Exact, IReadOnlyList<double> Naive, IReadOnlyList<double> Healed)
{
    /// <summary>Letters of the texts that are encoded, and of the longest prefix.</summary>
    private const int TextLength = 12, LongestPrefix = 8;

    /// <summary>Measures a random source of two letters, with merges learned from it.</summary>
    /// <param name="order">How many letters back the source looks.</param>
    /// <param name="merges">Of the tokenizer.</param>
    /// <param name="seed">Of the source.</param>
    public static ChainErrors Of(int order, int merges, long seed)
    {
        var source = MarkovSource.Random("AB", order, seed);
        var counts = new PieceCounts(PreTokenizer.SpacePrefix);
        counts.Add(source.Sample(3000, seed));
        var law = new ExactTokenLm(source, Bpe.Train(counts, 256 + merges), TextLength);
        var search = new CoverSearch(law);

        var (lemma, exact, naive, healed) = (0.0, 0.0, new List<double>(), new List<double>());
        foreach (var prefix in Enumerable.Range(1, LongestPrefix).SelectMany(source.Texts))
        {
            var (bytes, truth) = (Encoding.ASCII.GetBytes(prefix), source.Law(prefix)[0]);
            lemma = Math.Max(lemma, Math.Abs(source.Probability(prefix) - Math.Exp(search.LogProbability(bytes))));
            exact = Math.Max(exact, Math.Abs(truth - ByteView.Behind(law, bytes).Law()['A']));
            if (!law.Begins(law.Tokenizer.Encode(bytes))) continue; // no longer text's encoding begins so: the naive law is 0/0
            naive.Add(Math.Abs(truth - NaiveBytes.Law(law, bytes)['A']));
            healed.Add(Math.Abs(truth - TokenHealing.Law(law, bytes)['A']));
        }
        return new(seed, lemma, exact, naive, healed);
    }
}
