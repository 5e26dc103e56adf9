using Lab.Generation;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>Next bytes as they follow from the encoding of the text alone: it is taken for granted that a token ends where the text ends.</summary>
public static class NaiveBytes
{
    /// <summary>Probabilities of the bytes behind a text.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="text">May end inside a character.</param>
    /// <param name="context">Tokens before the text.</param>
    public static double[] Law(INextTokenModel model, ReadOnlySpan<byte> text, IReadOnlyList<int>? context = null)
    {
        var law = new double[256];
        FirstBytes.Add(law, model, [.. context ?? [], .. model.Tokenizer.Encode(text)], weight: 1);
        return FirstBytes.Normalized(law);
    }

    /// <summary>Goes on with the most likely token, again and again.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="text">May end inside a character.</param>
    /// <param name="count">Bytes of the continuation.</param>
    /// <param name="context">Tokens before the text.</param>
    public static byte[] Complete(INextTokenModel model, ReadOnlySpan<byte> text, int count, IReadOnlyList<int>? context = null) =>
        FirstBytes.Greedy(model, [.. context ?? [], .. model.Tokenizer.Encode(text)], [], count);
}

/// <summary>
/// The common remedy: the last token of the text is taken back, and the next one has to begin with its bytes. It finds
/// tokens that are longer than the last, but none that begin before it.
/// </summary>
/// <remarks>Source: Lundberg 2023, "The Art of Prompt Design: Prompt Boundaries and Token Healing".</remarks>
public static class TokenHealing
{
    /// <summary>Probabilities of the bytes behind a text.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="text">May end inside a character.</param>
    /// <param name="context">Tokens before the text.</param>
    public static double[] Law(INextTokenModel model, ReadOnlySpan<byte> text, IReadOnlyList<int>? context = null)
    {
        var (head, dropped) = TakeBack(model, text, context ?? []);
        if (dropped.Length == 0) return NaiveBytes.Law(model, text, context);
        var (law, following) = (new double[256], model.LogProbabilities(head));
        foreach (var token in model.Tokenizer.Vocabulary.StartingWith(dropped))
        {
            var bytes = model.Tokenizer.Vocabulary[token];
            var probability = Math.Exp(following[token]);
            if (bytes.Length > dropped.Length) law[bytes[dropped.Length]] += probability;
            else if (probability > 0) FirstBytes.Add(law, model, [.. head, token], probability);
        }
        return FirstBytes.Normalized(law);
    }

    /// <summary>Goes on with the most likely token that begins with the bytes taken back, and then with the most likely ones.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="text">May end inside a character.</param>
    /// <param name="count">Bytes of the continuation.</param>
    /// <param name="context">Tokens before the text.</param>
    public static byte[] Complete(INextTokenModel model, ReadOnlySpan<byte> text, int count, IReadOnlyList<int>? context = null)
    {
        var (head, dropped) = TakeBack(model, text, context ?? []);
        return FirstBytes.Greedy(model, head, dropped, count);
    }

    private static (int[] Head, byte[] Dropped) TakeBack(INextTokenModel model, ReadOnlySpan<byte> text, IReadOnlyList<int> context)
    {
        var tokens = model.Tokenizer.Encode(text);
        return tokens.Length == 0 ? ([.. context], []) : ([.. context, .. tokens[..^1]], model.Tokenizer.Vocabulary[tokens[^1]].ToArray());
    }
}

internal static class FirstBytes
{
    /// <summary>Adds the probabilities of the first byte behind a sequence.</summary>
    public static void Add(double[] law, INextTokenModel model, int[] sequence, double weight)
    {
        var following = model.LogProbabilities(sequence);
        foreach (var token in model.Tokenizer.Vocabulary.StartingWith([]))
            law[model.Tokenizer.Vocabulary[token][0]] += weight * Math.Exp(following[token]);
    }

    public static double[] Normalized(double[] law)
    {
        var sum = law.Sum();
        return [.. law.Select(value => value / sum)];
    }

    /// <returns>What the most likely tokens spell behind <paramref name="begun"/>, with which the first of them begins.</returns>
    public static byte[] Greedy(INextTokenModel model, int[] head, byte[] begun, int count)
    {
        var (sequence, bytes) = (head.ToList(), new List<byte>());
        while (bytes.Count < begun.Length + count)
        {
            var law = model.LogProbabilities([.. sequence]);
            var candidates = model.Tokenizer.Vocabulary.StartingWith(bytes.Count == 0 ? begun : []).ToArray();
            var best = candidates[Categorical.MostLikely([.. candidates.Select(token => law[token])])];
            sequence.Add(best);
            bytes.AddRange(model.Tokenizer.Vocabulary[best]);
        }
        return [.. bytes.Skip(begun.Length).Take(count)];
    }
}
