using System.Text;

namespace Lab.Text;

/// <summary>A token where it stands in its text.</summary>
/// <param name="Id">In the vocabulary.</param>
/// <param name="ByteStart">First byte in the text's UTF-8.</param>
/// <param name="ByteLength">Bytes of the token.</param>
/// <param name="CharStart">First UTF-16 unit of the first character that the token touches.</param>
/// <param name="CharLength">UTF-16 units of all characters that it touches; tokens inside one character share it.</param>
public readonly record struct TextToken(int Id, int ByteStart, int ByteLength, int CharStart, int CharLength);

/// <summary>A text with its tokens and their places.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="Tokenizer">Name for pictures.</param>
/// <param name="Tokens">In order; their bytes, joined, are the text.</param>
public sealed record TokenizedText(string Text, string Tokenizer, IReadOnlyList<TextToken> Tokens)
{
    private readonly byte[] utf8 = ByteStrings.Utf8(Text);

    /// <summary>Tokenizes a text.</summary>
    /// <param name="tokenizer">Gives the tokens.</param>
    /// <param name="text">What is tokenized; names of special tokens in it are text like any other.</param>
    /// <param name="name">For pictures; the number of tokens in the vocabulary when null.</param>
    /// <exception cref="ArgumentException">A lone surrogate; names its place.</exception>
    public static TokenizedText Of(Bpe tokenizer, string text, string? name = null)
    {
        var utf8 = ByteStrings.Utf8(text);
        var ids = tokenizer.Encode(utf8);
        var tokens = new TextToken[ids.Length];
        var (start, character) = (0, default(Character));
        for (var i = 0; i < ids.Length; i++)
        {
            var end = start + tokenizer.Vocabulary[ids[i]].Length;
            while (character.ByteEnd <= start) character = character.Next(utf8);
            var charStart = character.CharStart;
            while (character.ByteEnd < end) character = character.Next(utf8);
            tokens[i] = new(ids[i], start, end - start, charStart, character.CharEnd - charStart);
            start = end;
        }
        return new(text, name ?? $"{tokenizer.PreTokenizer.Name}, {tokenizer.Vocabulary.Size} tokens", tokens);
    }

    /// <summary>Bytes of the text.</summary>
    public int ByteCount => utf8.Length;

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> Bytes(TextToken token) => utf8.AsSpan(token.ByteStart, token.ByteLength);

    /// <summary>Where a character ends and lies; the default stands before the first.</summary>
    private readonly record struct Character(int ByteEnd, int CharStart, int CharEnd)
    {
        public Character Next(ReadOnlySpan<byte> text)
        {
            Rune.DecodeFromUtf8(text[ByteEnd..], out var rune, out var length);
            return new(ByteEnd + length, CharEnd, CharEnd + rune.Utf16SequenceLength);
        }
    }
}
