namespace Lab.Text;

/// <summary>A text cut into words that follow each other without gaps.</summary>
/// <param name="Bytes">The text.</param>
/// <param name="Starts">Where each word starts, and at the end the length of the text.</param>
public sealed record WordText(byte[] Bytes, int[] Starts)
{
    /// <summary>Words.</summary>
    public int Count => Starts.Length - 1;

    /// <summary>The bytes of a word.</summary>
    public ReadOnlySpan<byte> this[int word] => Bytes.AsSpan(Starts[word]..Starts[word + 1]);

    /// <summary>Whole words from the start, at least one if there is one.</summary>
    /// <param name="bytes">At most, but for the first word.</param>
    public WordText Head(int bytes)
    {
        var count = Math.Min(Count, Math.Max(1, Starts.Count(start => start <= bytes) - 1));
        return new(Bytes[..Starts[count]], Starts[..(count + 1)]);
    }
}

/// <summary>Cuts a text into words without leaving anything out: the one rule of a word-level model that is not learned, so it can be exchanged.</summary>
/// <remarks>Source: Neitemeier et al. 2025, sections 3.1 and appendix (arXiv 2501.10322).</remarks>
public sealed class WordSplitter
{
    private delegate int WordEnd(ReadOnlySpan<byte> text, int start);

    private readonly WordEnd end;

    private WordSplitter(string name, WordEnd end) => (Name, this.end) = (name, end);

    /// <summary>A word ends behind the white space that follows it; white space at the start of the text is a word.</summary>
    public static WordSplitter Whitespace { get; } = new("whitespace", PreTokenizer.Words.Next);

    /// <summary>Words as Unicode sees them: a space before a word and punctuation behind it go with the word.</summary>
    /// <remarks>Source: Unicode Standard Annex 29, section 4, by general categories; the joining of space and punctuation as in hat-splitter.</remarks>
    public static WordSplitter Unicode { get; } = new("unicode", UnicodeWords.End);

    /// <summary>E.g. <c>whitespace</c>.</summary>
    public string Name { get; }

    /// <summary>Pieces of equal size, wherever words end: what a split by meaning is compared with.</summary>
    /// <param name="count">Bytes in a piece.</param>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public static WordSplitter FixedBytes(int count) => count >= 1
        ? new($"fixed-{count}", (text, start) => Math.Min(start + count, text.Length))
        : throw new ArgumentOutOfRangeException(nameof(count), count, "A piece has at least 1 byte.");

    /// <summary>Cuts a text.</summary>
    /// <param name="text">Usually UTF-8.</param>
    /// <param name="mostBytes">A longer word is cut into several, between characters where that is possible.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit below 1.</exception>
    public WordText Split(byte[] text, int mostBytes = int.MaxValue)
    {
        if (mostBytes < 1) throw new ArgumentOutOfRangeException(nameof(mostBytes), mostBytes, "A word has at least 1 byte.");
        var starts = new List<int>(text.Length / 5 + 2) { 0 };
        for (var (start, wordEnd) = (0, 0); start < text.Length; start = wordEnd)
        {
            wordEnd = end(text, start);
            for (; wordEnd - start > mostBytes; starts.Add(start)) start = Cut(text, start, mostBytes);
            starts.Add(wordEnd);
        }
        return new(text, [.. starts]);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    // The last place up to the limit where a character starts; the limit itself if one character is longer than that.
    private static int Cut(ReadOnlySpan<byte> text, int start, int mostBytes)
    {
        var cut = start + mostBytes;
        while (cut > start && (text[cut] & 0xC0) == 0x80) cut--;
        return cut > start ? cut : start + mostBytes;
    }
}
