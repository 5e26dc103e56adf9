using System.Text;

namespace Lab.Text;

/// <summary>Finds the names of special tokens in a text from left to right, the longest where several start.</summary>
internal sealed class SpecialTokenFinder
{
    private readonly (byte[] Name, int Id)[] tokens;
    private readonly int[] places; // where each occurs next; looked up again only once passed, so a text is searched once

    public SpecialTokenFinder(IReadOnlyDictionary<string, int> specialTokens)
    {
        tokens = [.. specialTokens.Select(token => (Encoding.UTF8.GetBytes(token.Key), token.Value)).OrderByDescending(token => token.Item1.Length)];
        places = [.. tokens.Select(_ => -1)];
    }

    /// <returns>The next one at or behind <paramref name="position"/>; length 0 at the end of the text if there is none.</returns>
    public (int Start, int Length, int Id) Next(ReadOnlySpan<byte> text, int position)
    {
        var found = (Start: text.Length, Length: 0, Id: 0);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (places[i] < position)
            {
                var offset = text[position..].IndexOf(tokens[i].Name);
                places[i] = offset < 0 ? text.Length : position + offset;
            }
            if (places[i] < found.Start) found = (places[i], tokens[i].Name.Length, tokens[i].Id);
        }
        return found;
    }
}
