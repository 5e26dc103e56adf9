using System.Globalization;
using System.Text;

namespace Lab.Text;

/// <summary>Where words end by the rules of Unicode, spaces before and punctuation behind taken in.</summary>
/// <remarks>Source: Unicode Standard Annex 29, section 4.1, rules WB3 to WB13; classes by general category instead of by table.</remarks>
internal static class UnicodeWords
{
    private enum Kind
    {
        Letter,
        Digit,
        Joiner, // _ and its like join letters and digits (WB13a, WB13b)
        Mark, // goes with what stands before it (WB4)
        Ideograph, // a word of its own: its scripts have no spaces
        Space,
        Punctuation,
        Symbol,
    }

    public static int End(ReadOnlySpan<byte> text, int start)
    {
        var (kind, next) = At(text, start);
        if (kind == Kind.Space)
        {
            var spaceEnd = Gpt2PreTokenizer.SpaceEnd(text, start);
            if (text[start] != ' ' || spaceEnd > start + 1 || spaceEnd == text.Length) return spaceEnd;
            (kind, next) = At(text, start + 1);
            if (kind == Kind.Space) return spaceEnd;
        }

        var end = kind is Kind.Letter or Kind.Digit or Kind.Joiner ? Run(text, next, kind) : Marks(text, next);
        return kind == Kind.Symbol ? end : Punctuation(text, end);
    }

    private static int Run(ReadOnlySpan<byte> text, int end, Kind last)
    {
        while (end < text.Length)
        {
            var (kind, next) = At(text, end);
            if (kind is Kind.Letter or Kind.Digit or Kind.Joiner) (last, end) = (kind, next);
            else if (kind == Kind.Mark) end = next;
            else if (Joins(text, end, last) && next < text.Length && At(text, next) is var after && after.Kind == last) end = after.End;
            else return end;
        }
        return end;
    }

    // Between two letters an apostrophe, full stop or colon (WB6, WB7); between two digits a comma, full stop or semicolon (WB11, WB12).
    private static bool Joins(ReadOnlySpan<byte> text, int at, Kind around)
    {
        Rune.DecodeFromUtf8(text[at..], out var rune, out _);
        return around switch
        {
            Kind.Letter => rune.Value is '\'' or '.' or ':' or 0xB7 or 0x2018 or 0x2019,
            Kind.Digit => rune.Value is ',' or '.' or ';' or '\'',
            _ => false,
        };
    }

    private static int Marks(ReadOnlySpan<byte> text, int end)
    {
        while (end < text.Length && At(text, end) is (Kind.Mark, var next)) end = next;
        return end;
    }

    private static int Punctuation(ReadOnlySpan<byte> text, int end)
    {
        while (end < text.Length && At(text, end) is (Kind.Punctuation or Kind.Mark, var next)) end = next;
        return end;
    }

    private static (Kind Kind, int End) At(ReadOnlySpan<byte> text, int start)
    {
        if (Rune.DecodeFromUtf8(text[start..], out var rune, out var length) != System.Buffers.OperationStatus.Done) return (Kind.Symbol, start + length);
        return (Of(rune), start + length);
    }

    private static Kind Of(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune)) return Kind.Space;
        if (rune.Value is (>= 0x3040 and <= 0x309F) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF))
            return Kind.Ideograph;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => Kind.Mark,
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            UnicodeCategory.ConnectorPunctuation => Kind.Joiner,
            >= UnicodeCategory.DashPunctuation and <= UnicodeCategory.OtherPunctuation => Kind.Punctuation,
            _ => Kind.Symbol,
        };
    }
}
