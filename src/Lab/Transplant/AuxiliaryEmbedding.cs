using System.Runtime.InteropServices;
using Lab.Runtime;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// Vectors of strings that need neither a tokenizer nor a language model: what stands before and behind the words that
/// contain a string, and the string's own letters. It stands in for fastText or a text embedder and is weaker than they are.
/// </summary>
/// <remarks>
/// Counts as positive pointwise mutual information (Church and Hanks 1990; Levy and Goldberg 2014), hashed and projected at
/// random (Johnson and Lindenstrauss 1984).
/// </remarks>
public sealed class AuxiliaryEmbedding
{
    private const int Features = 4096, ShortestGram = 2, LongestGram = 4;
    private const float GramWeight = 3;

    private readonly List<(byte[] Word, Dictionary<int, float> Context)> words = [];
    private readonly double[] totals = new double[Features];
    private readonly double total;
    private readonly double[] projection; // [Features, dim]

    /// <param name="corpus">UTF-8; words are what white space separates.</param>
    /// <param name="dim">Width of the vectors.</param>
    /// <param name="seed">Of the projection.</param>
    /// <exception cref="ArgumentException">A corpus without two equal words, or a width below 1.</exception>
    public AuxiliaryEmbedding(ReadOnlySpan<byte> corpus, int dim = 128, long seed = 0)
    {
        if (dim < 1) throw new ArgumentException($"Vectors have at least 1 dimension, got {dim}.", nameof(dim));
        foreach (var (word, (count, context)) in Contexts(corpus))
        {
            if (count < 2) continue; // a word met once says more of chance than of itself
            words.Add((word, context));
            foreach (var (feature, weight) in context) totals[feature] += weight;
            foreach (var feature in Grams(word)) totals[feature] += GramWeight * count;
        }
        if (words.Count == 0) throw new ArgumentException("The corpus has no word that occurs twice.", nameof(corpus));
        total = totals.Sum();

        using var generator = new Generator((ulong)Seed.Derive(seed, "auxiliary projection"));
        using var scope = NewDisposeScope();
        projection = [.. randn([Features, dim], ScalarType.Float64, generator: generator).data<double>()]; // the length does not matter: vectors are normalised
    }

    /// <summary>Vectors of strings, whether or not they occur in the corpus.</summary>
    /// <param name="strings">UTF-8, or parts of it; a space at the start means the start of a word.</param>
    /// <returns>[n, dim] float64, of length 1; 0 for a string without any feature.</returns>
    public Tensor Of(IEnumerable<byte[]> strings)
    {
        using var scope = NewDisposeScope();
        var rows = strings.Select(Information).ToArray();
        var matrix = tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, Features).matmul(tensor(projection).view(Features, -1));
        return (matrix / matrix.norm(1, keepdim: true).clamp_min(1e-12)).MoveToOuterDisposeScope();
    }

    private double[] Information(byte[] text)
    {
        var counts = new double[Features];
        foreach (var (word, context) in words)
            if (word.AsSpan().IndexOf(text) >= 0)
                foreach (var (feature, weight) in context) counts[feature] += weight;
        // As many letters as contexts, so that neither drowns the other however often the string occurs.
        var grams = Grams(text).ToArray();
        var each = Math.Max(GramWeight, counts.Sum() / grams.Length);
        foreach (var feature in grams) counts[feature] += each;

        var sum = counts.Sum();
        for (var f = 0; f < Features; f++)
            counts[f] = counts[f] > 0 && totals[f] > 0 ? Math.Max(0, Math.Log(counts[f] * total / (sum * totals[f]))) : 0;
        return counts;
    }

    private static Dictionary<byte[], (int Count, Dictionary<int, float> Context)> Contexts(ReadOnlySpan<byte> corpus)
    {
        var found = new Dictionary<byte[], (int Count, Dictionary<int, float> Context)>(ByteStrings.Comparer);
        byte[] before = [], current = [];
        for (var (start, end) = (0, 0); start <= corpus.Length; start = end + 1)
        {
            var length = corpus[start..].IndexOfAny((byte)' ', (byte)'\n');
            end = length < 0 ? corpus.Length : start + length;
            if (end == start) continue;
            byte[] next = [(byte)' ', .. corpus[start..end]];
            if (current.Length > 0) Count(current, before, next);
            (before, current) = (current, next);
        }
        if (current.Length > 0) Count(current, before, []);
        return found;

        void Count(byte[] word, byte[] previous, byte[] following)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(found, word, out var known);
            if (!known) entry.Context = [];
            entry.Count++;
            CollectionsMarshal.GetValueRefOrAddDefault(entry.Context, Hash(1, previous), out _)++;
            CollectionsMarshal.GetValueRefOrAddDefault(entry.Context, Hash(2, following), out _)++;
        }
    }

    // Byte n-grams; the ends count as letters of their own.
    private static IEnumerable<int> Grams(byte[] text)
    {
        int[] marked = [256, .. text.Select(value => (int)value), 257];
        for (var length = ShortestGram; length <= LongestGram; length++)
            for (var start = 0; start + length <= marked.Length; start++)
                yield return Hash(3, marked.AsSpan(start, length));
    }

    private static int Hash(int kind, ReadOnlySpan<byte> text)
    {
        var hash = Start(kind);
        foreach (var value in text) hash = Step(hash, value);
        return (int)(hash >> 52);
    }

    private static int Hash(int kind, ReadOnlySpan<int> text)
    {
        var hash = Start(kind);
        foreach (var value in text) hash = Step(hash, value);
        return (int)(hash >> 52);
    }

    private static ulong Start(int kind) => Step(14695981039346656037UL, kind);

    private static ulong Step(ulong hash, int value) // FNV-1a, mixed upwards, since the highest 12 bits are the feature
    {
        hash = (hash ^ (uint)value) * 1099511628211UL;
        return hash ^ (hash << 25);
    }
}
