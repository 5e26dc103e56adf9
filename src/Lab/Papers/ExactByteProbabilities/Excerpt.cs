using System.Text;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>A few pieces of a text, with what stands before them.</summary>
/// <param name="Before">So that a model has something to start from.</param>
/// <param name="Bytes">The pieces.</param>
public sealed record Excerpt(byte[] Before, byte[] Bytes)
{
    private const int ContextBytes = 160;

    /// <summary>The pieces that start behind a place.</summary>
    /// <param name="text">Where they come from.</param>
    /// <param name="place">A byte; the excerpt starts with the first piece that begins there or later.</param>
    /// <param name="pieces">How many.</param>
    /// <exception cref="ArgumentException">Not so many pieces behind that place, or too little text before it.</exception>
    public static Excerpt Of(byte[] text, int place, int pieces)
    {
        var borders = Pieces.Borders(PreTokenizer.SpacePrefix, text);
        var first = borders.FindIndex(border => border >= Math.Max(place, ContextBytes));
        if (first < 0 || first + pieces >= borders.Count)
            throw new ArgumentException($"A text of {text.Length} bytes has no {pieces} pieces behind byte {place}.", nameof(place));
        var (start, end) = (borders[first], borders[first + pieces]);
        return new(text[borders.Find(border => border >= start - ContextBytes)..start], text[start..end]);
    }

    /// <summary>Bytes as letters that can be seen: a dot for a space, an arrow for a line feed, digits for what is no ASCII.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes)
            text.Append(value switch { (byte)' ' => "·", (byte)'\n' => "↵", > 0x20 and < 0x7F => ((char)value).ToString(), _ => $"<{value:X2}>" });
        return text.ToString();
    }
}
