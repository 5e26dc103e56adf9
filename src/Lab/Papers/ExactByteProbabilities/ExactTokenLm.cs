using System.Text;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// The law of tokens that a source of letters has when its texts are encoded: what a language model would learn from
/// infinitely many of them. Found by encoding every text of a length.
/// </summary>
public sealed class ExactTokenLm : INextTokenModel
{
    private readonly Node root = new();

    /// <param name="source">Gives the texts and their probabilities.</param>
    /// <param name="tokenizer">Encodes them.</param>
    /// <param name="length">Letters of a text. All texts are encoded, so this stays small: 12 of 2 letters, 8 of 3.</param>
    public ExactTokenLm(MarkovSource source, Bpe tokenizer, int length)
    {
        Tokenizer = tokenizer;
        foreach (var text in source.Texts(length))
        {
            var (node, probability) = (root, source.Probability(text));
            if (probability == 0) continue;
            foreach (var token in tokenizer.Encode(Encoding.ASCII.GetBytes(text)))
            {
                if (!node.Next.TryGetValue(token, out var next)) node.Next.Add(token, next = new Node());
                next.Probability += probability;
                node = next;
            }
        }
    }

    /// <inheritdoc/>
    public Bpe Tokenizer { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No text begins with the prefix, or all that do end with it.</exception>
    public double[] LogProbabilities(ReadOnlySpan<int> prefix)
    {
        var node = Find(prefix) ?? throw new InvalidOperationException($"No text begins with the tokens {string.Join(' ', prefix.ToArray())}: their probability is 0.");
        var total = node.Next.Values.Sum(next => next.Probability);
        if (node.Next.Count == 0) throw new InvalidOperationException($"Texts end with the tokens {string.Join(' ', prefix.ToArray())}: encode longer texts.");

        var law = Enumerable.Repeat(double.NegativeInfinity, Tokenizer.Vocabulary.Size).ToArray();
        foreach (var (token, next) in node.Next) law[token] = Math.Log(next.Probability / total);
        return law;
    }

    /// <summary>Whether the encoding of a longer text begins with these tokens.</summary>
    public bool Begins(ReadOnlySpan<int> prefix) => Find(prefix) is { Next.Count: > 0 };

    private Node? Find(ReadOnlySpan<int> prefix)
    {
        var node = root;
        foreach (var token in prefix)
            if (!node.Next.TryGetValue(token, out node)) return null;
        return node;
    }

    private sealed class Node
    {
        public double Probability { get; set; }
        public Dictionary<int, Node> Next { get; } = [];
    }
}
