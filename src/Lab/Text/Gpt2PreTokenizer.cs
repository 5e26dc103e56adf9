namespace Lab.Text;

internal sealed class Gpt2PreTokenizer() : PreTokenizer(
    "gpt2", @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", isCausal: false)
{
    internal override int Next(ReadOnlySpan<byte> text, int start) => PieceEnd(text, start);

    /// <inheritdoc cref="Next"/>
    internal static int PieceEnd(ReadOnlySpan<byte> text, int start)
    {
        if (text[start] == '\'' && Clitic(text[(start + 1)..]) is > 0 and var clitic) return start + 1 + clitic;

        var kind = CharacterClasses.At(text, start, out var length);
        var end = start + length;
        if (text[start] == ' ' && end < text.Length)
        {
            kind = CharacterClasses.At(text, end, out length);
            if (kind != CharacterClass.Space) end += length;
        }

        return kind == CharacterClass.Space ? SpaceEnd(text, start) : CharacterClasses.RunEnd(text, end, kind);
    }

    /// <returns>The end of a run of white space; the last character of the run goes with what follows, if anything does.</returns>
    internal static int SpaceEnd(ReadOnlySpan<byte> text, int start)
    {
        var (last, end) = (start, start);
        while (end < text.Length && CharacterClasses.At(text, end, out var length) == CharacterClass.Space) (last, end) = (end, end + length);
        return end == text.Length || last == start ? end : last;
    }

    private static int Clitic(ReadOnlySpan<byte> after) => after switch
    {
        [(byte)'s' or (byte)'d' or (byte)'m' or (byte)'t', ..] => 1,
        [(byte)'l', (byte)'l', ..] or [(byte)'v' or (byte)'r', (byte)'e', ..] => 2,
        _ => 0,
    };
}
