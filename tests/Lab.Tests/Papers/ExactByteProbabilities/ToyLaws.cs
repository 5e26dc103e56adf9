using System.Text;
using Lab.Papers.ExactByteProbabilities;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.ExactByteProbabilities;

/// <summary>Laws of tokens whose bytes are known, and ways to find out by brute force.</summary>
internal static class ToyLaws
{
    public const double A = 0.7, B = 0.4; // P(A | A), P(A | B)

    /// <summary>A, B and AA: the chain with a closed form.</summary>
    public static ExactTokenLm TwoLetters { get; } = new(
        new MarkovSource("AB", 1, context => context switch { "" => [0.5, 0.5], "A" => [A, 1 - A], _ => [B, 1 - B] }),
        Bpe.OfMerges([('A', 'A')], PreTokenizer.SpacePrefix), length: 10);

    /// <summary>Uniform a, b, c with the tokens bc and abc: where token healing fails.</summary>
    public static ExactTokenLm ThreeLetters { get; } = new(
        new MarkovSource("abc", 0, _ => [1 / 3.0, 1 / 3.0, 1 / 3.0]), Bpe.OfMerges([('b', 'c'), ('a', 256)], PreTokenizer.SpacePrefix), length: 8);

    /// <summary>A chain of third order with six merges learned from it.</summary>
    public static (MarkovSource Source, ExactTokenLm Law) Chain(long seed, int length = 12)
    {
        var source = MarkovSource.Random("AB", 3, seed);
        var counts = new PieceCounts(PreTokenizer.SpacePrefix);
        counts.Add(source.Sample(3000, seed));
        return (source, new ExactTokenLm(source, Bpe.Train(counts, 262), length));
    }

    /// <summary>Five tokens: A, B, AB, ABB and AA.</summary>
    public static Bpe FiveTokens { get; } = Bpe.OfMerges([('A', 'B'), (256, 'B'), ('A', 'A')], PreTokenizer.SpacePrefix);

    /// <summary>A decoder that has learned nothing: it gives weight to everything, also to what is no encoding.</summary>
    public static Lab.Nn.Decoder Random(int vocabulary, int context = 48)
    {
        manual_seed(8);
        var model = new Lab.Nn.Decoder(new(vocabulary, 16, 2, 2, context));
        using var noGrad = no_grad();
        foreach (var parameter in model.parameters())
        {
            using var noise = randn_like(parameter);
            parameter.add_(noise, 0.4);
        }
        model.eval();
        return model;
    }

    /// <summary>Every sequence of tokens that spells the text, the last token perhaps going on, and is the encoding of its bytes.</summary>
    public static List<int[]> BruteForceCover(Bpe tokenizer, byte[] text)
    {
        var found = new List<int[]>();
        Extend([], 0);
        return found;

        void Extend(int[] sequence, int position)
        {
            if (position >= text.Length)
            {
                if (tokenizer.Encode(tokenizer.Decode(sequence)).SequenceEqual(sequence)) found.Add(sequence);
                return;
            }
            for (var token = 0; token < tokenizer.Vocabulary.Size; token++)
            {
                if (tokenizer.Vocabulary.SpecialTokens.Values.Contains(token)) continue;
                var bytes = tokenizer.Vocabulary[token];
                var rest = text.AsSpan(position);
                var common = Math.Min(bytes.Length, rest.Length);
                if (bytes[..common].SequenceEqual(rest[..common])) Extend([.. sequence, token], position + bytes.Length);
            }
        }
    }

    public static double LogProbability(INextTokenModel model, int[] context, int[] tokens)
    {
        var sum = 0.0;
        for (var i = 0; i < tokens.Length; i++) sum += model.LogProbabilities([.. context, .. tokens[..i]])[tokens[i]];
        return sum;
    }

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    public static void Near(double expected, double actual, double tolerance) => Assert.InRange(actual, expected - tolerance, expected + tolerance);
}

/// <summary>Any law of the five tokens that keeps to encodings: weights drawn from the prefix, for tokens with which it is an encoding still.</summary>
internal sealed class ValidLaw : INextTokenModel
{
    private static readonly int[] letters = ['A', 'B', 256, 257, 258];
    private readonly Dictionary<string, double[]> laws = [];

    public Bpe Tokenizer => ToyLaws.FiveTokens;

    public double[] LogProbabilities(ReadOnlySpan<int> prefix)
    {
        var head = prefix.ToArray();
        var key = string.Join(' ', head);
        if (laws.TryGetValue(key, out var known)) return known;
        var law = Enumerable.Repeat(double.NegativeInfinity, Tokenizer.Vocabulary.Size).ToArray();
        foreach (var token in letters)
        {
            int[] sequence = [.. head, token];
            var random = new Lab.Data.CounterRandom(Lab.Runtime.Seed.Derive(7, key), token);
            if (Tokenizer.Encode(Tokenizer.Decode(sequence)).SequenceEqual(sequence)) law[token] = Math.Log(random.Uniform(0.05f, 1));
        }
        var total = Math.Log(law.Sum(Math.Exp));
        for (var i = 0; i < law.Length; i++) law[i] -= total;
        return laws[key] = law;
    }
}
