using System.Text;
using CsCheck;
using Lab.Text;

namespace Lab.Tests.Text;

/// <summary>Texts for tests: made by code, and, where LAB_DATA is set, the six languages.</summary>
internal static class Texts
{
    private static readonly string[] languages = ["en", "pt", "fr", "de", "es", "fi"];

    /// <summary>Strings of all planes, rich in what tokenizers treat apart: white space, digits, clitics, marks.</summary>
    public static Gen<string> Unicode { get; } = Gen.OneOf(
        Gen.Char['a', 'e'].Select(c => c.ToString()),
        Among(" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2003", "'s", "'ll", "'VE", "'", "12", "1234", "٣", "½", "!?", "é", "ß", "Ω", "中文", "😀", "𝐀", "e\u0301", "\u200b", "ſ"),
        Gen.Int[1, 0x10FFFF].Where(code => code is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32)).Array[0, 40].Select(string.Concat);

    /// <summary>One of the values.</summary>
    public static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>A few kilobytes of words from several scripts, by Zipf's law.</summary>
    public static string Made { get; } = Make(4000);

    /// <summary>What there is: a million characters of the six languages, or the text made by code.</summary>
    public static string SixLanguages { get; } = Environment.GetEnvironmentVariable("LAB_DATA") is { Length: > 0 } data && Directory.Exists(Path.Combine(data, "text"))
        ? string.Concat(languages.Select(l => File.ReadAllText(Path.Combine(data, "text", $"{l}.txt"))[..170_000]))
        : Make(200_000);

    public static Bpe Trained(string text, int size, PreTokenizer? preTokenizer = null, params string[] special)
    {
        var counts = new PieceCounts(preTokenizer ?? PreTokenizer.Gpt2);
        counts.Add(text);
        return Bpe.Train(counts, size, special);
    }

    private static string Make(int words)
    {
        var random = new Random(5);
        string[] syllables = ["lo", "wer", "new", "est", "ti", "straß", "niñ", "pèr", "äi", "λόγ", "ος", "ко", "тик", "中", "文", "an", "the"];
        string[] marks = ["don't", "1984", "3.14", "😀", "—", "\n", "\n\n", "'S"];
        var lexicon = Enumerable.Range(0, 600).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => syllables[random.Next(syllables.Length)]))).Concat(marks).ToArray();
        random.Shuffle(lexicon);
        var text = new StringBuilder();
        for (var i = 0; i < words; i++) text.Append(lexicon[(int)(lexicon.Length * Math.Pow(random.NextDouble(), 2))]).Append(random.Next(8) == 0 ? ", " : " ");
        return text.ToString();
    }
}
