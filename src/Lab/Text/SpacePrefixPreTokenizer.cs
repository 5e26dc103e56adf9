namespace Lab.Text;

internal sealed class SpacePrefixPreTokenizer() : PreTokenizer("space-prefix", @"[ \n]*[^ \n]+|[ \n]+", isCausal: true)
{
    internal override int Next(ReadOnlySpan<byte> text, int start)
    {
        var word = text[start..].IndexOfAnyExcept((byte)' ', (byte)'\n');
        if (word < 0) return text.Length;
        var length = text[(start + word)..].IndexOfAny((byte)' ', (byte)'\n');
        return length < 0 ? text.Length : start + word + length;
    }
}

internal sealed class WordPreTokenizer() : PreTokenizer("words", @"\S+\s*|\s+", isCausal: false)
{
    internal override int Next(ReadOnlySpan<byte> text, int start)
    {
        var end = start;
        while (end < text.Length && CharacterClasses.At(text, end, out var length) != CharacterClass.Space) end += length;
        return CharacterClasses.RunEnd(text, end, CharacterClass.Space);
    }
}
