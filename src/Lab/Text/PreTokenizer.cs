namespace Lab.Text;

/// <summary>
/// Cuts a text into pieces that merges never cross. The pieces follow each other without gaps: joined, they are the text.
/// Works on UTF-8; a byte that is no UTF-8 counts as a symbol.
/// </summary>
public abstract class PreTokenizer
{
    private protected PreTokenizer(string name, string pattern, bool isCausal) => (Name, Pattern, IsCausal) = (name, pattern, isCausal);

    /// <summary>As in GPT-2: clitics, words, numbers and symbols with the space before them, and white space.</summary>
    /// <remarks>Source: github.com/openai/gpt-2, src/encoder.py.</remarks>
    public static PreTokenizer Gpt2 { get; } = new Gpt2PreTokenizer();

    /// <summary>As in GPT-4: numbers in groups of up to three digits, line ends with what precedes them, clitics in both cases.</summary>
    /// <remarks>Source: github.com/openai/tiktoken, tiktoken_ext/openai_public.py, cl100k_base.</remarks>
    public static PreTokenizer Cl100k { get; } = new Cl100kPreTokenizer();

    /// <summary>
    /// A piece starts at every space or line feed that follows something else, and nowhere else: whether a boundary is
    /// there depends on the text before it alone, so a text may stop anywhere.
    /// </summary>
    public static PreTokenizer SpacePrefix { get; } = new SpacePrefixPreTokenizer();

    /// <summary>A word with the white space behind it; white space at the start of the text is a piece of its own.</summary>
    public static PreTokenizer Words { get; } = new WordPreTokenizer();

    private static readonly PreTokenizer[] digitGroups = [new Gpt2DigitGroupsPreTokenizer(1), new Gpt2DigitGroupsPreTokenizer(2), new Gpt2DigitGroupsPreTokenizer(3)];

    /// <summary>Every one there is.</summary>
    public static IReadOnlyList<PreTokenizer> All { get; } = [Gpt2, Cl100k, SpacePrefix, Words, .. digitGroups];

    /// <summary>As in GPT-2, but numbers fall into groups of digits from the left and take no space along.</summary>
    /// <param name="size">Most digits in a group: 1 as in Qwen's tokenizers, 3 as in Llama 3's.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not in 1 .. 3.</exception>
    public static PreTokenizer Gpt2DigitGroups(int size) => size is >= 1 and <= 3
        ? digitGroups[size - 1]
        : throw new ArgumentOutOfRangeException(nameof(size), size, "A group holds 1 to 3 digits.");

    /// <summary>E.g. <c>gpt2</c>.</summary>
    public string Name { get; }

    /// <summary>The same pieces as a regular expression, as files of tokenizers hold it.</summary>
    public string Pattern { get; }

    /// <summary>
    /// Whether appending to a text moves no boundary, and one appears at the old end only where the new byte opens a piece.
    /// </summary>
    public bool IsCausal { get; }

    /// <summary>The end of the piece that starts at <paramref name="start"/>, which is below the length.</summary>
    internal abstract int Next(ReadOnlySpan<byte> text, int start);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
