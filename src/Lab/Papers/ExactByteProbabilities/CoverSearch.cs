using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>An encoding whose bytes begin with a text and whose last token holds the text's last byte.</summary>
/// <param name="Tokens">Behind the context.</param>
/// <param name="Overhang">Bytes of the last token beyond the text.</param>
/// <param name="LogProbability">Of the tokens, given the context.</param>
public sealed record CoverEncoding(IReadOnlyList<int> Tokens, int Overhang, double LogProbability);

/// <summary>
/// All ways in which the encoding of a longer text can pass the end of a given one. Exactly one of them is a prefix of
/// that encoding, so the probability of the text is the sum of theirs: the byte-token lemma.
/// </summary>
/// <remarks>Source: Phan et al. 2024, section 3 and algorithm 1 (arXiv 2410.09303).</remarks>
public sealed class CoverSearch
{
    private readonly INextTokenModel model;
    private readonly ValidPairs pairs;

    /// <param name="model">Gives the probabilities.</param>
    /// <exception cref="InvalidOperationException">Pieces of its tokenizer end where only later text tells.</exception>
    public CoverSearch(INextTokenModel model) => (this.model, pairs) = (model, ValidPairs.Of(model.Tokenizer));

    /// <summary>Every cover encoding of a text but those of probability 0.</summary>
    /// <param name="text">May end inside a token or a character; nothing is covered by the empty encoding.</param>
    /// <param name="context">Tokens before the text.</param>
    public IReadOnlyList<CoverEncoding> Find(ReadOnlySpan<byte> text, IReadOnlyList<int>? context = null)
    {
        context ??= [];
        if (text.IsEmpty) return [new([], 0, 0)];

        var cover = new List<CoverEncoding>();
        var laws = new Dictionary<string, double[]>();
        // No token crosses the start of a piece: all encodings agree up to the last one.
        for (var start = Pieces.LastStart(model.Tokenizer.PreTokenizer, text); start < text.Length; start++)
        {
            int[] head = [.. context, .. model.Tokenizer.Encode(text[..start])];
            var (following, headLog) = (pairs.Following(head), LogProbability(head, context.Count, laws));
            if (double.IsNegativeInfinity(headLog)) continue;
            foreach (var last in model.Tokenizer.Vocabulary.StartingWith(text[start..]))
            {
                if (!following[last] || double.IsNegativeInfinity(Law(head, laws)[last])) continue;
                var overhang = model.Tokenizer.Vocabulary[last].Length - (text.Length - start);
                cover.Add(new([.. head[context.Count..], last], overhang, headLog + Law(head, laws)[last]));
            }
        }
        return cover;
    }

    /// <summary>Logarithm of the probability that a text begins with these bytes.</summary>
    /// <param name="text">May end inside a token or a character.</param>
    /// <param name="context">Tokens before the text.</param>
    public double LogProbability(ReadOnlySpan<byte> text, IReadOnlyList<int>? context = null) =>
        LogSum.Of(Find(text, context).Select(encoding => encoding.LogProbability));

    private double LogProbability(int[] sequence, int from, Dictionary<string, double[]> laws)
    {
        var sum = 0.0;
        for (var i = from; i < sequence.Length && !double.IsNegativeInfinity(sum); i++) sum += Law(sequence[..i], laws)[sequence[i]];
        return sum;
    }

    // Heads begin alike: each prefix is asked for once.
    private double[] Law(int[] prefix, Dictionary<string, double[]> laws)
    {
        var key = string.Join(' ', prefix);
        if (!laws.TryGetValue(key, out var law)) laws.Add(key, law = model.LogProbabilities(prefix));
        return law;
    }
}

internal static class Pieces
{
    /// <summary>0, and where each piece of a text ends.</summary>
    public static List<int> Borders(PreTokenizer preTokenizer, ReadOnlySpan<byte> text)
    {
        var borders = new List<int> { 0 };
        while (borders[^1] < text.Length) borders.Add(preTokenizer.Next(text, borders[^1]));
        return borders;
    }

    /// <summary>Where the last piece of a text starts.</summary>
    public static int LastStart(PreTokenizer preTokenizer, ReadOnlySpan<byte> text)
    {
        var (last, end) = (0, 0);
        while (end < text.Length) (last, end) = (end, preTokenizer.Next(text, end));
        return last;
    }
}
