using Lab.Data;
using Lab.Text;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>How many positions a word takes, in a text as it is and misspelled. Nothing is trained but the tokenizer.</summary>
/// <param name="Text">Name.</param>
/// <param name="BytesPerWord">With the white space behind it.</param>
/// <param name="TokensPerWord">Of the byte pair encoding.</param>
/// <param name="BackbonePerWord">Positions of the hierarchical model's backbone: 1, and more only where words are longer than its limit.</param>
public sealed record TokenGrowth(string Text, double BytesPerWord, double TokensPerWord, double BackbonePerWord)
{
    private const int KnownBytes = 600_000;

    /// <summary>Counts.</summary>
    /// <param name="name">Of the text.</param>
    /// <param name="words">By <see cref="WordSplitter.Whitespace"/>.</param>
    /// <param name="tokenizer">The baseline's.</param>
    /// <param name="mostBytes">Longest word of the hierarchical model.</param>
    public static TokenGrowth Of(string name, WordText words, Bpe tokenizer, int mostBytes) => new(
        name, (double)words.Bytes.Length / words.Count,
        (double)tokenizer.Encode(words.Bytes).Length / words.Count,
        (double)WordSplitter.Whitespace.Split(words.Bytes, mostBytes).Count / words.Count);

    /// <summary>
    /// Texts as they are and misspelled, and texts in other languages. A tokenizer knows the words that it learned from, as a
    /// large one knows most words of its language; on unseen text, a small one takes many words in pieces that noise need not
    /// break first. So both are counted.
    /// </summary>
    /// <param name="main">Its first 600 kB are what the tokenizer learns from.</param>
    /// <param name="others">Foreign languages.</param>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="rate">Of noise.</param>
    /// <param name="mostBytes">Longest word of the hierarchical model.</param>
    /// <param name="seed">Of noise.</param>
    public static IReadOnlyList<TokenGrowth> Measure(TextSplits main, IEnumerable<TextSplits> others, int vocabulary, double rate, int mostBytes, long seed)
    {
        var known = WordSplitter.Whitespace.Split(main.Train).Head(KnownBytes);
        var tokenizer = Bpe.Train(known.Bytes, PreTokenizer.Words, vocabulary);
        (string Name, WordText Words)[] texts = [(Known, known), (Unseen, WordSplitter.Whitespace.Split(main.Test))];
        return
        [
            .. texts.SelectMany(text => (TokenGrowth[])
            [
                Of(text.Name, text.Words, tokenizer, mostBytes),
                .. Enum.GetValues<NoiseKind>().Select(kind => Of(Misspelled(text.Name, kind), new TextNoise(kind, rate, seed).Apply(text.Words), tokenizer, mostBytes)),
            ]),
            .. others.Select(other => Of(other.Name, WordSplitter.Whitespace.Split(other.Test), tokenizer, mostBytes)),
        ];
    }

    /// <summary>Name of the text that the tokenizer learned from.</summary>
    public const string Known = "learned from";

    /// <summary>Name of the text in the same language that it did not.</summary>
    public const string Unseen = "unseen";

    /// <summary>Name of a text with noise.</summary>
    /// <param name="text"><see cref="Known"/> or <see cref="Unseen"/>.</param>
    /// <param name="kind">Of noise.</param>
    public static string Misspelled(string text, NoiseKind kind) => $"{text}, {kind}";
}
