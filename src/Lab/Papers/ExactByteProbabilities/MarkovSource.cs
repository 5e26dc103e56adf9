using System.Text;
using Lab.Data;
using Lab.Runtime;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>A source of letters whose law depends on the last few: small enough to know everything about it.</summary>
public sealed class MarkovSource
{
    private readonly int order;
    private readonly Func<string, IReadOnlyList<double>> law;

    /// <param name="alphabet">ASCII letters.</param>
    /// <param name="order">How many letters back the law looks.</param>
    /// <param name="law">Probabilities of the letters behind the last <paramref name="order"/> ones, or behind fewer at the start.</param>
    public MarkovSource(string alphabet, int order, Func<string, IReadOnlyList<double>> law) => (Alphabet, this.order, this.law) = (alphabet, order, law);

    /// <summary>A source with laws drawn at random.</summary>
    /// <param name="alphabet">ASCII letters.</param>
    /// <param name="order">How many letters back the law looks.</param>
    /// <param name="seed">Of the laws.</param>
    public static MarkovSource Random(string alphabet, int order, long seed) => new(alphabet, order, context =>
    {
        var random = new CounterRandom(Seed.Derive(seed, "markov"), Seed.Derive(0, context));
        var weights = alphabet.Select(_ => (double)random.Uniform(0.02f, 1)).ToArray();
        return [.. weights.Select(weight => weight / weights.Sum())];
    });

    /// <summary>The letters.</summary>
    public string Alphabet { get; }

    /// <summary>Probabilities of the letters behind a text.</summary>
    public IReadOnlyList<double> Law(string text) => law(text[Math.Max(0, text.Length - order)..]);

    /// <summary>Probability that a text begins so.</summary>
    public double Probability(string text) =>
        Enumerable.Range(0, text.Length).Aggregate(1.0, (product, i) => product * Law(text[..i])[Alphabet.IndexOf(text[i])]);

    /// <summary>A text of the source.</summary>
    /// <param name="length">Letters.</param>
    /// <param name="seed">Of the draws.</param>
    public string Sample(int length, long seed)
    {
        var (random, text) = (new CounterRandom(seed, 0), new StringBuilder());
        while (text.Length < length)
        {
            var probabilities = Law(text.ToString(Math.Max(0, text.Length - order), Math.Min(order, text.Length)));
            var (target, letter) = (random.Uniform(), 0);
            for (; letter < Alphabet.Length - 1 && target >= probabilities[letter]; letter++) target -= (float)probabilities[letter];
            text.Append(Alphabet[letter]);
        }
        return text.ToString();
    }

    /// <summary>Every text of a length.</summary>
    public IEnumerable<string> Texts(int length) =>
        Enumerable.Range(0, length).Aggregate(Enumerable.Repeat("", 1), (texts, _) => texts.SelectMany(text => Alphabet.Select(letter => text + letter)));
}
