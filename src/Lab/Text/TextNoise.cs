using System.Text;
using Lab.Data;

namespace Lab.Text;

/// <summary>What noise does to a character.</summary>
public enum NoiseKind
{
    /// <summary>Changes its place with the next one of the word.</summary>
    Permute,

    /// <summary>Becomes another letter of the text.</summary>
    Replace,

    /// <summary>Goes; one character of a word always stays.</summary>
    Delete,

    /// <summary>Becomes a capital, whatever the rate.</summary>
    Capitals,
}

/// <summary>Misspells words. White space stays, so a text has the same words before and after, changed or not.</summary>
/// <param name="Kind">What happens to a character.</param>
/// <param name="Rate">Share of the characters it happens to, in [0, 1].</param>
/// <param name="Seed">Decides which.</param>
/// <remarks>Source: Neitemeier et al. 2025, section 4 (arXiv 2501.10322): a tenth of the characters of each word.</remarks>
public sealed record TextNoise(NoiseKind Kind, double Rate, long Seed)
{
    /// <summary>Share of the characters, in [0, 1].</summary>
    public double Rate { get; } = Rate is >= 0 and <= 1 ? Rate : throw new ArgumentOutOfRangeException(nameof(Rate), Rate, "A share lies in [0, 1].");

    /// <summary>Misspells a text.</summary>
    /// <param name="words">Of a text in UTF-8, by <see cref="WordSplitter.Whitespace"/>.</param>
    /// <param name="which">The words that are touched, by number; null: all.</param>
    /// <returns>Its words are those of the text, in the same number.</returns>
    public WordText Apply(WordText words, Func<int, bool>? which = null)
    {
        var letters = Kind == NoiseKind.Replace ? Letters(words.Bytes) : [];
        var (bytes, starts) = (new MemoryStream(words.Bytes.Length), new int[words.Count + 1]);
        for (var i = 0; i < words.Count; i++)
        {
            bytes.Write(which is null || which(i) ? Misspelled(words[i], i, letters) : words[i]);
            starts[i + 1] = (int)bytes.Length;
        }
        return new(bytes.ToArray(), starts);
    }

    private byte[] Misspelled(ReadOnlySpan<byte> word, int index, Rune[] letters)
    {
        var text = Encoding.UTF8.GetString(word);
        if (Kind == NoiseKind.Capitals) return Encoding.UTF8.GetBytes(text.ToUpperInvariant());

        var length = text.TrimEnd().Length;
        if (length == 0) return word.ToArray(); // white space at the start of a text
        var characters = text[..length].EnumerateRunes().ToList();
        var random = new CounterRandom(Seed, index);
        for (var i = characters.Count - 1; i >= 0; i--) // from the end: a deletion moves what lies behind it alone
        {
            if (random.Uniform() >= Rate) continue;
            switch (Kind)
            {
                case NoiseKind.Permute when i + 1 < characters.Count:
                    (characters[i], characters[i + 1]) = (characters[i + 1], characters[i]);
                    break;
                case NoiseKind.Replace when letters.Length > 1:
                    characters[i] = Other(characters[i], letters, ref random);
                    break;
                case NoiseKind.Delete when characters.Count > 1:
                    characters.RemoveAt(i);
                    break;
            }
        }
        return Encoding.UTF8.GetBytes(string.Concat(characters) + text[length..]);
    }

    private static Rune Other(Rune character, Rune[] letters, ref CounterRandom random)
    {
        while (true)
        {
            var letter = letters[random.Below(letters.Length)];
            if (letter != character) return letter;
        }
    }

    private static Rune[] Letters(byte[] text) => [.. Encoding.UTF8.GetString(text).EnumerateRunes().Where(Rune.IsLetter).Distinct().Order()];
}
