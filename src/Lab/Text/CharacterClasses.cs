using System.Globalization;
using System.Text;

namespace Lab.Text;

/// <summary>What the patterns of byte-level tokenizers tell apart.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Neither of the others; bytes that are no UTF-8 too.</summary>
    Symbol,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c></summary>
    Space,
}

/// <summary>Classes of the characters of a UTF-8 text.</summary>
internal static class CharacterClasses
{
    // Of the characters below U+10000; the others are asked for one by one.
    private static readonly CharacterClass[] table = [.. Enumerable.Range(0, 0x10000).Select(code => Of((char)code))];

    /// <param name="text">UTF-8.</param>
    /// <param name="index">Where a character starts, below the length.</param>
    /// <param name="length">Bytes of the character.</param>
    public static CharacterClass At(ReadOnlySpan<byte> text, int index, out int length)
    {
        var first = text[index];
        length = 1;
        return first < 0x80 ? table[first] : Beyond(text[index..], out length);
    }

    /// <returns>The end of the run of characters of one class.</returns>
    public static int RunEnd(ReadOnlySpan<byte> text, int index, CharacterClass wanted)
    {
        while (index < text.Length && At(text, index, out var length) == wanted) index += length;
        return index;
    }

    /// <returns>The end of a group of digits whose first ends at <paramref name="end"/>.</returns>
    public static int DigitsEnd(ReadOnlySpan<byte> text, int end, int group)
    {
        for (var digits = 1; digits < group && end < text.Length && At(text, end, out var length) == CharacterClass.Number; digits++) end += length;
        return end;
    }

    private static CharacterClass Beyond(ReadOnlySpan<byte> text, out int length)
    {
        // Two bytes hold what European languages need beyond ASCII.
        if (text.Length > 1 && text[0] is >= 0xC2 and < 0xE0 && (text[1] & 0xC0) == 0x80)
        {
            length = 2;
            return table[(text[0] & 0x1F) << 6 | text[1] & 0x3F];
        }

        if (Rune.DecodeFromUtf8(text, out var rune, out length) != System.Buffers.OperationStatus.Done) return CharacterClass.Symbol;
        return rune.IsBmp ? table[rune.Value] : Of(Rune.GetUnicodeCategory(rune));
    }

    private static CharacterClass Of(char character) =>
        char.IsWhiteSpace(character) ? CharacterClass.Space : Of(CharUnicodeInfo.GetUnicodeCategory(character));

    private static CharacterClass Of(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Symbol,
    };
}
