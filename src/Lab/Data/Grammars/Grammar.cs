using System.Text;
using Lab.Runtime;

namespace Lab.Data.Grammars;

/// <summary>A text of the grammar with all that is true of it.</summary>
/// <param name="Text">5 to 9 sentences.</param>
/// <param name="Language">0 (ASCII), 1 (Latin-1), 2 (Greek) or 3 (agglutinative).</param>
/// <param name="Topic">0 .. 11.</param>
/// <param name="Concepts">What it speaks of, in order and with repetitions; equal numbers mean the same in every language.</param>
/// <param name="Name">The rare word that only this document has; it need not occur.</param>
/// <param name="Seed">Of the derivation.</param>
/// <param name="Index">Of the derivation.</param>
public sealed record GrammarDocument(string Text, int Language, int Topic, IReadOnlyList<int> Concepts, string Name, long Seed, long Index);

/// <summary>
/// Documents in four made-up languages, always at hand: words by Zipf's law, agreement, topics, synonyms, true sums, rare
/// names. The same seed gives the same bytes on every machine.
/// </summary>
public sealed class Grammar
{
    /// <summary>What is added to a training seed for the validation and for the test documents.</summary>
    public const long ValidationSeedOffset = 1000, TestSeedOffset = 2000;

    internal const double DefaultSumShare = 0.05;

    private readonly GrammarLexicon lexicon;
    private readonly double sumShare;

    /// <param name="lexiconSeed">Of the words.</param>
    /// <param name="sumShare">Share of the sentences that are sums, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A share outside its range.</exception>
    public Grammar(long lexiconSeed = 1, double sumShare = DefaultSumShare)
    {
        if (sumShare is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(sumShare), sumShare, "A share lies in [0, 1].");
        this.sumShare = sumShare;
        lexicon = new(Seed.Derive(lexiconSeed, "grammar lexicon"));
    }

    /// <summary>One document.</summary>
    /// <param name="seed">Of a split.</param>
    /// <param name="index">Number in it.</param>
    /// <param name="language">0 .. 3; null: any, the first twice as often as the others.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another language.</exception>
    public GrammarDocument Document(long seed, long index, int? language = null)
    {
        if (language is < 0 or > 3) throw new ArgumentOutOfRangeException(nameof(language), language, "The grammar's languages are 0 .. 3.");
        return new GrammarWriter(lexicon, sumShare, seed, index, language, Seed.Derive(seed, index)).Write();
    }

    /// <summary>The same derivation in which about half of the concepts use their other stem.</summary>
    /// <param name="document">Of this grammar.</param>
    /// <param name="number">Paraphrases of different numbers differ.</param>
    public GrammarDocument Paraphrase(GrammarDocument document, long number = 0) =>
        new GrammarWriter(lexicon, sumShare, document.Seed, document.Index, document.Language, Seed.Derive(Seed.Derive(document.Seed, document.Index), number)).Write();

    /// <summary>Documents joined by line feeds, up to a size.</summary>
    /// <param name="seed">Of the split.</param>
    /// <param name="bytes">Size in UTF-8; the last document that fits ends the text.</param>
    /// <param name="language">0 .. 3; null: all.</param>
    public string Text(long seed, int bytes, int? language = null)
    {
        var (text, size) = (new StringBuilder(), 0);
        for (var index = 0L; ; index++)
        {
            var next = Document(seed, index, language).Text + "\n";
            size += Encoding.UTF8.GetByteCount(next);
            if (size > bytes) return text.ToString();
            text.Append(next);
        }
    }

    /// <summary>Texts for training, validation and test, of the same words but other documents; the later two a tenth of the first.</summary>
    /// <param name="bytes">Size of the training text.</param>
    /// <param name="language">0 .. 3; null: all.</param>
    /// <param name="seed">Of the training text.</param>
    public TextSplits Splits(int bytes, int? language = null, long seed = 0) => new(
        $"grammar{(language is null ? "" : $" language {language}")}",
        Encoding.UTF8.GetBytes(Text(seed, bytes, language)),
        Encoding.UTF8.GetBytes(Text(seed + ValidationSeedOffset, bytes / 10, language)),
        Encoding.UTF8.GetBytes(Text(seed + TestSeedOffset, bytes / 10, language)));
}
