using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>
/// How well a model predicts a text, byte by byte, so that models of different units can be compared on the same words.
/// What a token says of all its bytes stands at its first.
/// </summary>
/// <param name="Text">Usually UTF-8.</param>
/// <param name="Bits">By byte: code length of the unit that starts there; 0 inside a unit and where nothing was scored.</param>
/// <param name="EndBits">By byte: code length of the end of the word that ends there, if the model has such a unit.</param>
/// <param name="Right">By byte: whether the unit that starts there was the most likely one, and also the end behind it; true inside a unit.</param>
public sealed record ByteScores(byte[] Text, float[] Bits, float[] EndBits, bool[] Right)
{
    private const int Batch = 8;

    /// <summary>Scores a text by tokens, all but the first. See <see cref="BitsPerByte.Of"/> for the windows.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokens">Of the text, at least two.</param>
    /// <param name="vocabulary">Tells the tokens' bytes.</param>
    /// <exception cref="ArgumentException">Fewer than two tokens.</exception>
    public static ByteScores Of(Decoder model, ReadOnlySpan<int> tokens, Vocabulary vocabulary)
    {
        if (tokens.Length < 2) throw new ArgumentException($"A text is scored from its second token on, but it has {tokens.Length}.", nameof(tokens));
        var starts = new int[tokens.Length + 1];
        for (var i = 0; i < tokens.Length; i++) starts[i + 1] = starts[i] + vocabulary[tokens[i]].Length;
        var text = new byte[starts[^1]];
        for (var i = 0; i < tokens.Length; i++) vocabulary[tokens[i]].CopyTo(text.AsSpan(starts[i]));

        return Of(model, tokens, new WordText(text, starts));
    }

    /// <summary>Scores a text by tokens that are whole words.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokens">One per word, at least two.</param>
    /// <param name="words">Of the text.</param>
    /// <param name="unknown">A token that stands for many words: the prediction is the most likely of the others, so it is never right.</param>
    internal static ByteScores Of(Decoder model, ReadOnlySpan<int> tokens, WordText words, int? unknown = null)
    {
        var scores = Empty(words.Bytes);
        var ids = tokens.ToArray().Select(id => (long)id).ToArray();
        var length = Math.Min(model.Options.Context, ids.Length);
        foreach (var windows in ScoringWindow.Over(ids.Length, length, first: 1).Chunk(Batch)) scores.Score(model, ids, words.Starts, windows, length, unknown);
        return scores;
    }

    /// <summary>Scores a text by words, the first one too. Windows are as for tokens, in words.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="words">At least one; none longer than the model's limit.</param>
    /// <exception cref="ArgumentException">No word, or one too long.</exception>
    public static ByteScores Of(WordLm model, WordText words)
    {
        if (words.Count == 0) throw new ArgumentException("There is no word to score.", nameof(words));
        var scores = Empty(words.Bytes);
        var length = Math.Min(model.Options.Context, words.Count);
        foreach (var windows in ScoringWindow.Over(words.Count, length, first: 0).Chunk(Batch)) scores.Score(model, words, windows, length);
        return scores;
    }

    /// <summary>
    /// Share of words that greedy decoding from the true text before them would spell: every unit of the word, and its
    /// end where the model has one, is the most likely. The first word of the text does not count, as no token model scores its start.
    /// </summary>
    /// <param name="words">Of the text.</param>
    /// <param name="which">Words that count, by number; null: all.</param>
    public double WordAccuracy(WordText words, Func<int, bool>? which = null) =>
        Counted(words, which).Average(word => IsRight(words, word) ? 1.0 : 0);

    /// <summary>
    /// Share of words that would be right if every unit were drawn from its distribution behind the true text: the mean probability of a
    /// word, its end included. Of several ways to spell a word in tokens, the tokenizer's alone counts.
    /// </summary>
    /// <inheritdoc cref="WordAccuracy"/>
    public double SampledAccuracy(WordText words, Func<int, bool>? which = null) => Counted(words, which).Average(word => Probability(words, word));

    /// <summary>That a model writes a word behind the true text before it.</summary>
    /// <param name="words">Of the text.</param>
    /// <param name="word">Number.</param>
    internal double Probability(WordText words, int word) => Math.Pow(2, -BitsOf(words, word));

    /// <summary>Whether every unit of a word was the most likely one.</summary>
    /// <param name="words">Of the text.</param>
    /// <param name="word">Number.</param>
    internal bool IsRight(WordText words, int word) => !Right.AsSpan(words.Starts[word]..words.Starts[word + 1]).Contains(false);

    /// <summary>Bits per byte of words, all but the first of the text.</summary>
    /// <inheritdoc cref="WordAccuracy"/>
    public BitsPerByte BitsOf(WordText words, Func<int, bool>? which = null)
    {
        var (bits, bytes) = (0.0, 0L);
        foreach (var word in Counted(words, which))
        {
            bits += BitsOf(words, word);
            bytes += words.Starts[word + 1] - words.Starts[word];
        }
        return new(bits, bytes);
    }

    private double BitsOf(WordText words, int word)
    {
        var bits = 0.0;
        for (var at = words.Starts[word]; at < words.Starts[word + 1]; at++) bits += (double)Bits[at] + EndBits[at];
        return bits;
    }

    private static IEnumerable<int> Counted(WordText words, Func<int, bool>? which) =>
        Enumerable.Range(1, Math.Max(0, words.Count - 1)).Where(word => which is null || which(word));

    private static ByteScores Empty(byte[] text)
    {
        var right = new bool[text.Length];
        Array.Fill(right, true);
        return new(text, new float[text.Length], new float[text.Length], right);
    }

    private void Score(Decoder model, long[] ids, int[] starts, ScoringWindow[] windows, int length, int? unknown)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var batch = stack(windows.Select(window => tensor(ids.AsSpan(window.Start, length).ToArray()))).to(model.parameters().First().device); // [B, T]
        var logits = model.call(batch).narrow(1, 0, length - 1); // [B, T - 1, V]
        var (bits, right) = Judge(logits, batch.narrow(1, 1, length - 1), unknown);
        for (var w = 0; w < windows.Length; w++)
            for (var t = windows[w].From; t < length; t++)
            {
                var (unit, judged) = (windows[w].Start + t, w * (length - 1) + t - 1);
                Bits[starts[unit]] = bits[judged];
                Right[starts[unit]] = right[judged];
            }
    }

    private void Score(WordLm model, WordText words, ScoringWindow[] windows, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var batch = WordBatch.Of(words, [.. windows.Select(window => window.Start)], length, model.Options.MaxWordBytes, model.parameters().First().device);
        foreach (var (bucket, logits) in batch.Buckets.Zip(model.call(batch)))
        {
            var (bits, right) = Judge(logits, bucket.Next);
            var (rows, size) = (bucket.Rows.cpu().data<long>().ToArray(), (int)bucket.Next.shape[1]);
            for (var i = 0; i < rows.Length; i++)
            {
                var window = windows[rows[i] / length];
                var t = (int)(rows[i] % length);
                if (t >= window.From) Note(words.Starts[window.Start + t], words[window.Start + t].Length, bits.AsSpan(i * size, size), right.AsSpan(i * size, size));
            }
        }
    }

    private void Note(int start, int length, ReadOnlySpan<float> bits, ReadOnlySpan<bool> right)
    {
        bits[..length].CopyTo(Bits.AsSpan(start));
        right[..length].CopyTo(Right.AsSpan(start));
        EndBits[start + length - 1] = bits[length];
        Right[start + length - 1] &= right[length];
    }

    // logits [n, m, V], targets [n, m]
    private static (float[] Bits, bool[] Right) Judge(Tensor logits, Tensor targets, int? unknown = null)
    {
        var nats = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction: nn.Reduction.None);
        if (unknown is { } never) logits.select(-1, never).fill_(double.NegativeInfinity);
        return ([.. (nats / Math.Log(2)).cpu().data<float>()], [.. logits.argmax(-1).eq(targets).flatten().cpu().data<bool>()]);
    }
}

/// <summary>A window of units and the first of it that is scored.</summary>
/// <param name="Start">First unit in the text.</param>
/// <param name="From">First unit of the window that counts.</param>
internal readonly record struct ScoringWindow(int Start, int From)
{
    /// <summary>
    /// Windows advance by half their length, and each scores its second half, so that every unit has at least half a window
    /// before it; only the first scores all but its first few, and the last ends with the text.
    /// </summary>
    public static IEnumerable<ScoringWindow> Over(int units, int length, int first)
    {
        yield return new(0, first);
        var half = Math.Max(1, length / 2);
        var scored = length;
        for (; scored + half <= units; scored += half) yield return new(scored + half - length, length - half);
        if (scored < units) yield return new(units - length, length - (units - scored));
    }
}
