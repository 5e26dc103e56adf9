namespace Lab.Text;

/// <summary>
/// Bytes as printable characters, so that tokens can stand in text files: visible characters of Latin-1 stand for themselves,
/// the other 68 bytes for U+0100 and what follows.
/// </summary>
/// <remarks>Source: bytes_to_unicode of github.com/openai/gpt-2, src/encoder.py.</remarks>
internal static class ByteSpelling
{
    private static readonly char[] characters = Characters();
    private static readonly Dictionary<char, byte> bytes = characters.Select((character, value) => (character, value)).ToDictionary(c => c.character, c => (byte)c.value);

    public static string Spell(ReadOnlySpan<byte> token) => string.Create(token.Length, token, (text, source) =>
    {
        for (var i = 0; i < source.Length; i++) text[i] = characters[source[i]];
    });

    /// <returns>Null if a character stands for no byte.</returns>
    public static byte[]? Read(string spelled)
    {
        var token = new byte[spelled.Length];
        for (var i = 0; i < token.Length; i++)
            if (!bytes.TryGetValue(spelled[i], out token[i])) return null;
        return token;
    }

    private static char[] Characters()
    {
        var (result, next) = (new char[256], '\u0100');
        for (var value = 0; value < 256; value++)
            result[value] = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)value : next++;
        return result;
    }
}
