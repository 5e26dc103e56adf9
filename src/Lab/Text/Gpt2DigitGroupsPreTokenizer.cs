namespace Lab.Text;

/// <param name="group">Most digits in a piece.</param>
internal sealed class Gpt2DigitGroupsPreTokenizer(int group) : PreTokenizer(
    $"gpt2-digits{group}", $@"'(?:[sdmt]|ll|ve|re)| ?\p{{L}}+|\p{{N}}{{1,{group}}}| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+", isCausal: false)
{
    internal override int Next(ReadOnlySpan<byte> text, int start)
    {
        var kind = CharacterClasses.At(text, start, out var length);
        var end = start + length;
        if (kind == CharacterClass.Number) return CharacterClasses.DigitsEnd(text, end, group);
        if (text[start] == ' ' && end < text.Length && CharacterClasses.At(text, end, out _) == CharacterClass.Number) return end; // a number takes no space along
        return Gpt2PreTokenizer.PieceEnd(text, start);
    }
}
