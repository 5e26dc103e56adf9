using System.Runtime.InteropServices;

namespace Lab.Text;

/// <summary>How often each piece occurs in a corpus: all that training needs to know of it.</summary>
/// <param name="preTokenizer">Cuts texts into pieces.</param>
public sealed class PieceCounts(PreTokenizer preTokenizer)
{
    private readonly Dictionary<byte[], long> counts = new(ByteStrings.Comparer);

    /// <summary>Cuts texts into pieces.</summary>
    public PreTokenizer PreTokenizer => preTokenizer;

    /// <summary>Occurrences by piece.</summary>
    internal IReadOnlyDictionary<byte[], long> Counts => counts;

    /// <summary>Takes in a text.</summary>
    /// <exception cref="ArgumentException">A lone surrogate; names its place.</exception>
    public void Add(string text) => Add(ByteStrings.Utf8(text));

    /// <summary>Takes in a text, usually UTF-8.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var (start, end) = (0, 0); start < text.Length; start = end)
        {
            end = preTokenizer.Next(text, start);
            CollectionsMarshal.GetValueRefOrAddDefault(lookup, text[start..end], out _)++;
        }
    }
}
