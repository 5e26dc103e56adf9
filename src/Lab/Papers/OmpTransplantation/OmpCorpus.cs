using System.Text;
using System.Text.RegularExpressions;
using Lab.Data;
using Lab.Data.Grammars;
using Lab.Metrics;
using Lab.Text;
using Decoder = Lab.Nn.Decoder;

namespace Lab.Papers.OmpTransplantation;

/// <summary>What the models learn from and what they are scored on.</summary>
/// <param name="Texts">Each with a name of its own; a text without training part is only scored.</param>
/// <param name="BaseTexts">Names of those that the base's tokenizer was made for; the donor's was made for all.</param>
/// <param name="ScoredBytes">Bytes of a text that are scored, at most.</param>
public sealed partial record OmpCorpus(IReadOnlyList<TextSplits> Texts, IReadOnlyList<string> BaseTexts, int ScoredBytes)
{
    /// <summary>Names of the texts that every corpus here has: two languages, and sums in the first.</summary>
    public const string A = "A", B = "B", Sums = "sums";

    /// <summary>
    /// Two made-up languages. Both are learned with numbers, but scored on sentences without: numbers have a text of their
    /// own, the sums.
    /// </summary>
    /// <param name="bytesPerLanguage">Training text.</param>
    /// <param name="sumShare">Share of the sentences that are sums.</param>
    /// <param name="scoredBytes">Bytes of a text that are scored.</param>
    public static OmpCorpus Grammar(int bytesPerLanguage, double sumShare, int scoredBytes)
    {
        var (grammar, sums) = (new Grammar(sumShare: sumShare), new Grammar(sumShare: 1));
        return new(
        [
            ScoredWithoutNumbers(grammar.Splits(bytesPerLanguage, language: 0)) with { Name = A },
            ScoredWithoutNumbers(grammar.Splits(bytesPerLanguage, language: 1)) with { Name = B },
            sums.Splits(10 * scoredBytes, language: 0) with { Name = Sums, Train = [] },
        ], [A], scoredBytes);
    }

    private static TextSplits ScoredWithoutNumbers(TextSplits text) =>
        text with { Validation = WithoutNumbers(text.Validation), Test = WithoutNumbers(text.Test) };

    private static byte[] WithoutNumbers(byte[] text)
    {
        var documents = Encoding.UTF8.GetString(text).Split('\n').Select(document => string.Join(' ', SentenceEnd().Split(document).Where(sentence => !sentence.Any(char.IsAsciiDigit))));
        return Encoding.UTF8.GetBytes(string.Join('\n', documents.Where(document => document.Length > 0)));
    }

    [GeneratedRegex(@"(?<=\.) ")]
    private static partial Regex SentenceEnd();

    /// <summary>All training parts.</summary>
    public TextSplits Train => new(string.Join(" + ", Texts.Where(text => text.Train.Length > 0).Select(text => text.Name)), [.. Texts.SelectMany(text => text.Train)], [], []);

    /// <summary>A tokenizer.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="digitGroup">Most digits in a piece.</param>
    /// <param name="knowsAll">Made for all texts, as the donor's is, or for the base's alone.</param>
    public Bpe Tokenizer(int vocabulary, int digitGroup, bool knowsAll)
    {
        var counts = new PieceCounts(PreTokenizer.Gpt2DigitGroups(digitGroup));
        foreach (var text in Texts)
            if (knowsAll || BaseTexts.Contains(text.Name)) counts.Add(text.Train);
        return Bpe.Train(counts, vocabulary);
    }

    /// <summary>Bits per byte of a model on every text. All models score the same bytes: a line feed, a token in every vocabulary, goes before them.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokenizer">Of the model.</param>
    public Bits Score(Decoder model, Bpe tokenizer) => new(Texts.ToDictionary(text => text.Name, text => Score(model, tokenizer, text.Test)));

    /// <summary>What settings are chosen by: bits per byte on the validation parts of the two languages, added.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokenizer">Of the model.</param>
    public double Validate(Decoder model, Bpe tokenizer) =>
        Texts.Where(text => text.Name is A or B).Sum(text => Score(model, tokenizer, text.Validation));

    private double Score(Decoder model, Bpe tokenizer, ReadOnlySpan<byte> text)
    {
        var part = text[..Math.Min(ScoredBytes, text.Length)];
        byte[] scored = [(byte)'\n', .. part[..part.LastIndexOf((byte)' ')]];
        return BitsPerByte.Of(model, tokenizer.Encode(scored), tokenizer.Vocabulary).Value;
    }

    /// <summary>The first sentences of a text, for pictures.</summary>
    /// <param name="name">Of the text.</param>
    /// <param name="sentences">How many.</param>
    public string Sample(string name, int sentences)
    {
        var text = Texts.Single(text => text.Name == name).Test;
        var start = Encoding.UTF8.GetString(text.AsSpan(0, Math.Min(text.Length, 500 * sentences))); // may end inside a character, but not before the sentences do
        return string.Join(". ", start.Split(". ").Take(sentences)) + ".";
    }
}

/// <summary>Bits per byte by text.</summary>
/// <param name="ByText">Of every text of an <see cref="OmpCorpus"/>.</param>
public sealed record Bits(IReadOnlyDictionary<string, double> ByText)
{
    /// <summary>Of a text.</summary>
    public double this[string text] => ByText[text];

    /// <summary>Of the first language.</summary>
    public double A => ByText[OmpCorpus.A];

    /// <summary>Of the second language, which the base's tokenizer was not made for.</summary>
    public double B => ByText[OmpCorpus.B];

    /// <summary>Of sums.</summary>
    public double Sums => ByText[OmpCorpus.Sums];
}
