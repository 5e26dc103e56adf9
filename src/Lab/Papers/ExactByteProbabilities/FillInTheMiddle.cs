using Lab.Data;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// Texts rearranged so that a model that writes forwards learns to fill gaps: first what follows the gap, then what
/// precedes it, which the middle goes on from. Where the gap begins inside a token, the end of the prefix is biased.
/// </summary>
/// <remarks>Source: Bavarian et al. 2022, section 3, suffix-prefix-middle order (arXiv 2207.14255).</remarks>
public sealed class FillInTheMiddle
{
    /// <summary>Names of the special tokens that a tokenizer needs.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = ["<PRE>", "<SUF>", "<MID>"];

    private readonly Bpe tokenizer;
    private readonly int prefixMark, suffixMark, middleMark;

    /// <param name="tokenizer">With <see cref="SpecialTokens"/>.</param>
    /// <exception cref="ArgumentException">A special token is missing.</exception>
    public FillInTheMiddle(Bpe tokenizer)
    {
        this.tokenizer = tokenizer;
        if (SpecialTokens.FirstOrDefault(name => !tokenizer.Vocabulary.SpecialTokens.ContainsKey(name)) is { } missing)
            throw new ArgumentException($"Filling in needs the special token {missing}, which the tokenizer lacks.", nameof(tokenizer));
        (prefixMark, suffixMark, middleMark) = (tokenizer.Vocabulary.SpecialTokens["<PRE>"], tokenizer.Vocabulary.SpecialTokens["<SUF>"], tokenizer.Vocabulary.SpecialTokens["<MID>"]);
    }

    /// <summary>What stands before the prefix: the suffix, and the mark behind which prefix and middle follow.</summary>
    public int[] Context(ReadOnlySpan<byte> suffix) => [prefixMark, suffixMark, .. tokenizer.Encode(suffix), middleMark];

    /// <summary>A text with a gap, as a model is trained on it; prefix and middle are one text, so no token ends between them by force.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">First byte of the middle.</param>
    /// <param name="length">Bytes of the middle.</param>
    public int[] Rearrange(ReadOnlySpan<byte> text, int start, int length) =>
        [.. Context(text[(start + length)..]), .. tokenizer.Encode(text[..(start + length)])];

    /// <summary>Training tokens: a text cut into stretches, of which a share has a gap at a random place.</summary>
    /// <param name="text">What is learned from.</param>
    /// <param name="stretch">Bytes of a stretch, at least 64.</param>
    /// <param name="share">Of the stretches with a gap.</param>
    /// <param name="seed">Of the choice and of the gaps, which are 4 to 24 bytes long.</param>
    public int[] TrainingTokens(ReadOnlySpan<byte> text, int stretch, double share, long seed)
    {
        if (stretch < 64) throw new ArgumentOutOfRangeException(nameof(stretch), stretch, "A stretch holds a gap of up to 24 bytes and text around it: at least 64 bytes.");
        var tokens = new List<int>();
        for (var i = 0; i * stretch < text.Length; i++)
        {
            var part = text.Slice(i * stretch, Math.Min(stretch, text.Length - i * stretch));
            var random = new CounterRandom(seed, i);
            var length = 4 + random.Below(21);
            if (part.Length == stretch && random.Uniform() < share) tokens.AddRange(Rearrange(part, 1 + random.Below(stretch - length - 1), length));
            else tokens.AddRange(tokenizer.Encode(part));
        }
        return [.. tokens];
    }
}
