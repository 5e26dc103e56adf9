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
    public static IReadOnlyList<string> SpecialTokens { get; } = ["<PRE>", "<SUF>", "<MID>", "<END>"];

    private readonly Bpe tokenizer;
    private readonly int prefixMark, suffixMark, middleMark, endMark;

    /// <param name="tokenizer">With <see cref="SpecialTokens"/>.</param>
    /// <exception cref="ArgumentException">A special token is missing.</exception>
    public FillInTheMiddle(Bpe tokenizer)
    {
        this.tokenizer = tokenizer;
        if (SpecialTokens.FirstOrDefault(name => !tokenizer.Vocabulary.SpecialTokens.ContainsKey(name)) is { } missing)
            throw new ArgumentException($"Filling in needs the special token {missing}, which the tokenizer lacks.", nameof(tokenizer));
        var marks = SpecialTokens.Select(name => tokenizer.Vocabulary.SpecialTokens[name]).ToArray();
        (prefixMark, suffixMark, middleMark, endMark) = (marks[0], marks[1], marks[2], marks[3]);
    }

    /// <summary>What stands before the prefix: the suffix, and the mark behind which prefix and middle follow.</summary>
    public int[] Context(ReadOnlySpan<byte> suffix) => [prefixMark, suffixMark, .. tokenizer.Encode(suffix), middleMark];

    /// <summary>A text with a gap, as a model is trained on it; prefix and middle are one text, so no token ends between them by force.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="start">First byte of the middle.</param>
    /// <param name="length">Bytes of the middle.</param>
    public int[] Rearrange(ReadOnlySpan<byte> text, int start, int length) =>
        [.. Context(text[(start + length)..]), .. tokenizer.Encode(text[..(start + length)]), endMark];

    /// <summary>Training tokens: a text cut into stretches, of which a share has a gap at a random place.</summary>
    /// <param name="text">What is learned from.</param>
    /// <param name="stretch">Bytes of a stretch, at least 64; it goes on to the end of its last piece.</param>
    /// <param name="share">Of the stretches with a gap.</param>
    /// <param name="seed">Of the choice and of the gaps.</param>
    public int[] TrainingTokens(ReadOnlySpan<byte> text, int stretch, double share, long seed)
    {
        var tokens = new List<int>();
        var stretches = Stretches(text, stretch);
        for (var i = 0; i < stretches.Count; i++)
        {
            var part = text[stretches[i]];
            var random = new CounterRandom(seed, i);
            if (random.Uniform() >= share) tokens.AddRange(tokenizer.Encode(part));
            else tokens.AddRange(Rearrange(part, Gap(part.Length, ref random, out var length), length));
        }
        return [.. tokens, .. tokenizer.Encode(text[(stretches.Count == 0 ? 0 : stretches[^1].End.Value)..])];
    }

    /// <summary>Prompts with a gap behind them, at most one per stretch of a text: those whose prefix ends inside a token of the text up to the gap's end.</summary>
    /// <param name="text">Where the prompts come from.</param>
    /// <param name="stretch">Bytes of a stretch, as in training.</param>
    /// <param name="count">Prompts; fewer if the text is too short for them.</param>
    /// <param name="seed">Of the gaps.</param>
    public IReadOnlyList<PromptCut> Prompts(ReadOnlySpan<byte> text, int stretch, int count, long seed)
    {
        var prompts = new List<PromptCut>();
        var stretches = Stretches(text, stretch);
        for (var i = 0; i < stretches.Count && prompts.Count < count; i++)
        {
            var part = text[stretches[i]];
            var random = new CounterRandom(seed, i);
            var start = Gap(part.Length, ref random, out var length);
            if (EndsToken(part[..(start + length)], start)) continue;
            prompts.Add(new(Context(part[(start + length)..]), part[..start].ToArray(), part.Slice(start, length).ToArray()));
        }
        return prompts;
    }

    private bool EndsToken(ReadOnlySpan<byte> text, int place)
    {
        var end = 0;
        foreach (var token in tokenizer.Encode(text))
            if ((end += tokenizer.Vocabulary[token].Length) >= place) break;
        return end == place;
    }

    // Gaps are 4 to 24 bytes long, with at least a byte before and behind them.
    private static int Gap(int stretch, ref CounterRandom random, out int length)
    {
        length = 4 + random.Below(21);
        return 1 + random.Below(stretch - length - 1);
    }

    private List<Range> Stretches(ReadOnlySpan<byte> text, int bytes)
    {
        if (bytes < 64) throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "A stretch holds a gap of up to 24 bytes and text around it: at least 64 bytes.");
        var (stretches, start, end) = (new List<Range>(), 0, 0);
        while (end < text.Length)
        {
            end = tokenizer.PreTokenizer.Next(text, end);
            if (end - start < bytes) continue;
            stretches.Add(start..end);
            start = end;
        }
        return stretches; // what is left at the end is shorter than a stretch
    }
}
