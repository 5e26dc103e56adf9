namespace Lab.Text;

internal sealed class Cl100kPreTokenizer() : PreTokenizer(
    "cl100k", @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", isCausal: false)
{
    internal override int Next(ReadOnlySpan<byte> text, int start)
    {
        var first = text[start];
        if (first == '\'' && Clitic(text[(start + 1)..]) is > 0 and var clitic) return start + 1 + clitic;

        var kind = CharacterClasses.At(text, start, out var length);
        var end = start + length;
        if (kind == CharacterClass.Letter) return CharacterClasses.RunEnd(text, end, kind);
        if (kind == CharacterClass.Number) return CharacterClasses.DigitsEnd(text, end, group: 3);

        if (end < text.Length && !IsLineEnd(first))
        {
            var next = CharacterClasses.At(text, end, out length);
            if (next == CharacterClass.Letter) return CharacterClasses.RunEnd(text, end + length, next);
            if (first == ' ' && next == CharacterClass.Symbol) return SymbolsEnd(text, end + length);
        }

        return kind == CharacterClass.Symbol ? SymbolsEnd(text, end) : SpaceEnd(text, start);
    }

    private static int SymbolsEnd(ReadOnlySpan<byte> text, int end)
    {
        end = CharacterClasses.RunEnd(text, end, CharacterClass.Symbol);
        while (end < text.Length && IsLineEnd(text[end])) end++;
        return end;
    }

    // A run that holds a line end goes up to the last one.
    private static int SpaceEnd(ReadOnlySpan<byte> text, int start)
    {
        var run = text[start..CharacterClasses.RunEnd(text, start, CharacterClass.Space)];
        var lineEnd = run.LastIndexOfAny((byte)'\r', (byte)'\n');
        return lineEnd >= 0 ? start + lineEnd + 1 : Gpt2PreTokenizer.SpaceEnd(text, start);
    }

    private static bool IsLineEnd(byte character) => character is (byte)'\r' or (byte)'\n';

    // Case-insensitive matching takes the long s (U+017F, C5 BF) for an s.
    private static int Clitic(ReadOnlySpan<byte> after)
    {
        if (after is [0xC5, 0xBF, ..]) return 2;
        if (after.IsEmpty) return 0;
        var (first, second) = (Lower(after[0]), after.Length > 1 ? Lower(after[1]) : (byte)0);
        return (first, second) switch
        {
            ((byte)'l', (byte)'l') or ((byte)'v', (byte)'e') or ((byte)'r', (byte)'e') => 2,
            ((byte)'s' or (byte)'t' or (byte)'m' or (byte)'d', _) => 1,
            _ => 0,
        };
    }

    private static byte Lower(byte letter) => (byte)(letter | 0x20);
}
