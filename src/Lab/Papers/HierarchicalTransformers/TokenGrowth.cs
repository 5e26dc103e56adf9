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
    /// <summary>Counts.</summary>
    /// <param name="name">Of the text.</param>
    /// <param name="words">By <see cref="WordSplitter.Whitespace"/>.</param>
    /// <param name="tokenizer">The baseline's.</param>
    /// <param name="mostBytes">Longest word of the hierarchical model.</param>
    public static TokenGrowth Of(string name, WordText words, Bpe tokenizer, int mostBytes) => new(
        name, (double)words.Bytes.Length / words.Count,
        (double)tokenizer.Encode(words.Bytes).Length / words.Count,
        (double)WordSplitter.Whitespace.Split(words.Bytes, mostBytes).Count / words.Count);

    /// <summary>A text as it is, with each kind of noise, and a text in another language.</summary>
    /// <param name="main">What the tokenizer learned from, and what is misspelled: its test part.</param>
    /// <param name="others">Foreign languages.</param>
    /// <param name="tokenizer">Trained on <paramref name="main"/>.</param>
    /// <param name="rate">Of noise.</param>
    /// <param name="mostBytes">Longest word of the hierarchical model.</param>
    /// <param name="seed">Of noise.</param>
    public static IReadOnlyList<TokenGrowth> Measure(TextSplits main, IEnumerable<TextSplits> others, Bpe tokenizer, double rate, int mostBytes, long seed)
    {
        var words = WordSplitter.Whitespace.Split(main.Test);
        return
        [
            Of(Clean, words, tokenizer, mostBytes),
            .. Enum.GetValues<NoiseKind>().Select(kind => Of(kind.ToString(), new TextNoise(kind, rate, seed).Apply(words), tokenizer, mostBytes)),
            .. others.Select(other => Of(other.Name, WordSplitter.Whitespace.Split(other.Test), tokenizer, mostBytes)),
        ];
    }

    /// <summary>Name of the text that is not misspelled.</summary>
    public const string Clean = "as it is";
}
