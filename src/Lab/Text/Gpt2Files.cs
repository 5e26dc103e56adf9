using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lab.Data;

namespace Lab.Text;

/// <summary>The two files of GPT-2 and many models after it: <c>vocab.json</c> maps tokens to ids, <c>merges.txt</c> lists the merges in order.</summary>
/// <remarks>Source: github.com/openai/gpt-2, src/encoder.py.</remarks>
public static class Gpt2Files
{
    private const string Version = "#version: 0.2";

    // Quotes and backslashes are escaped, nothing else.
    internal static JsonSerializerOptions Json { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="vocabularyPath">Of <c>vocab.json</c>.</param>
    /// <param name="mergesPath">Of <c>merges.txt</c>.</param>
    /// <param name="preTokenizer">The files do not say it; GPT-2's own when null.</param>
    /// <param name="specialTokens">Names, in the vocabulary, of tokens that no text gives, e.g. <c>&lt;|endoftext|&gt;</c>.</param>
    /// <exception cref="DataFormatException">A file is not what it should be; names it, the line and the cause.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Bpe Load(string vocabularyPath, string mergesPath, PreTokenizer? preTokenizer = null, IReadOnlyList<string>? specialTokens = null)
    {
        var ids = JsonFile.Read(vocabularyPath, root => SpelledVocabulary.Ids(vocabularyPath, root));
        var lines = File.ReadAllLines(mergesPath).Select((text, i) => (text, number: i + 1))
            .Where(line => line.text.Length > 0 && !(line.number == 1 && line.text.StartsWith("#version", StringComparison.Ordinal)));
        var vocabulary = new SpelledVocabulary(vocabularyPath, ids, specialTokens ?? []);
        var merges = lines.Select(line => vocabulary.Merge(mergesPath, $"line {line.number}", line.text.Split(' '))).ToArray();
        return vocabulary.Tokenizer(mergesPath, merges, preTokenizer ?? PreTokenizer.Gpt2);
    }

    /// <summary>Writes a tokenizer. Each file appears whole or not at all.</summary>
    /// <param name="tokenizer">What is written, but for its pre-tokenizer, for which the files have no place.</param>
    /// <param name="vocabularyPath">Of <c>vocab.json</c>.</param>
    /// <param name="mergesPath">Of <c>merges.txt</c>.</param>
    public static void Save(Bpe tokenizer, string vocabularyPath, string mergesPath)
    {
        WholeFile.Write(vocabularyPath, JsonSerializer.SerializeToUtf8Bytes(SpelledVocabulary.Of(tokenizer), Json));
        var merges = tokenizer.Merges.Select(merge => SpelledVocabulary.Spell(tokenizer, merge)).Select(pair => $"{pair.Left} {pair.Right}");
        WholeFile.Write(mergesPath, Encoding.UTF8.GetBytes(string.Join('\n', merges.Prepend(Version)) + "\n"));
    }
}
