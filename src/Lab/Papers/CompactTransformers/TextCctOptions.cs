using Lab.Nn;

namespace Lab.Papers.CompactTransformers;

/// <summary>The model families for text.</summary>
public enum TextFamily
{
    /// <summary>Words are tokens; a class token.</summary>
    Transformer,

    /// <summary>Patches of neighbouring words are tokens; a class token.</summary>
    ViTLite,

    /// <summary>Patches of words; sequence pooling.</summary>
    CVT,

    /// <summary>Convolution, ReLU and max-pooling over words; sequence pooling.</summary>
    CCT,
}

/// <summary>A Compact Transformer for texts. The named ones are those of the reference repository.</summary>
/// <remarks>Source: appendix "NLP experiments" (arXiv 2104.05704); src/text of github.com/SHI-Labs/Compact-Transformers.</remarks>
/// <param name="Family">Decides tokenizer and pooling.</param>
/// <param name="Size">Depth, heads, width; the width of <see cref="TextFamily.Transformer"/> is that of the words.</param>
/// <param name="KernelSize">Words that a convolution or a patch spans; 1 for <see cref="TextFamily.Transformer"/>.</param>
public sealed record TextCctOptions(TextFamily Family, CompactSize Size, int KernelSize)
{
    /// <summary><c>text_transformer_2</c>.</summary>
    public static TextCctOptions Transformer2 { get; } = new(TextFamily.Transformer, CompactSize.Two with { EmbedDim = 300 }, 1);

    /// <summary><c>text_transformer_4</c>.</summary>
    public static TextCctOptions Transformer4 { get; } = new(TextFamily.Transformer, CompactSize.Four with { EmbedDim = 300 }, 1);

    /// <summary><c>text_transformer_6</c>.</summary>
    public static TextCctOptions Transformer6 { get; } = new(TextFamily.Transformer, CompactSize.Six with { EmbedDim = 300 }, 1);

    /// <summary><c>text_vit_2</c>.</summary>
    public static TextCctOptions ViTLite2 { get; } = new(TextFamily.ViTLite, CompactSize.Two, 4);

    /// <summary><c>text_vit_4</c>.</summary>
    public static TextCctOptions ViTLite4 { get; } = new(TextFamily.ViTLite, CompactSize.Four, 4);

    /// <summary><c>text_vit_6</c>.</summary>
    public static TextCctOptions ViTLite6 { get; } = new(TextFamily.ViTLite, CompactSize.Six, 4);

    /// <summary><c>text_cvt_2</c>.</summary>
    public static TextCctOptions Cvt2 { get; } = new(TextFamily.CVT, CompactSize.Two, 4);

    /// <summary><c>text_cvt_4</c>.</summary>
    public static TextCctOptions Cvt4 { get; } = new(TextFamily.CVT, CompactSize.Four, 4);

    /// <summary><c>text_cvt_6</c>, half as wide as the other -6 models.</summary>
    public static TextCctOptions Cvt6 { get; } = new(TextFamily.CVT, CompactSize.Six with { EmbedDim = 128 }, 4);

    /// <summary><c>text_cct_2</c>; the repository reports kernels 1, 2 and 4.</summary>
    public static TextCctOptions Cct2 { get; } = new(TextFamily.CCT, CompactSize.Two, 4);

    /// <summary><c>text_cct_4</c>; the repository reports kernels 1, 2 and 4.</summary>
    public static TextCctOptions Cct4 { get; } = new(TextFamily.CCT, CompactSize.Four, 4);

    /// <summary><c>text_cct_6</c>; the repository reports kernels 1, 2 and 4.</summary>
    public static TextCctOptions Cct6 { get; } = new(TextFamily.CCT, CompactSize.Six, 4);

    /// <summary>All of the above.</summary>
    public static IReadOnlyList<TextCctOptions> Official { get; } =
        [Transformer2, Transformer4, Transformer6, ViTLite2, ViTLite4, ViTLite6, Cvt2, Cvt4, Cvt6, Cct2, Cct4, Cct6];

    /// <summary>Words that the vocabulary has.</summary>
    public int VocabularySize { get; init; } = 100_000;

    /// <summary>The word that fills up short texts; its embedding stays zero.</summary>
    public int PaddingWord { get; init; } = 1;

    /// <summary>Width of a word's embedding.</summary>
    public int WordDim { get; init; } = 300;

    /// <summary>Words in a text, padding included; a model without positions takes others, too.</summary>
    public int Words { get; init; } = 64;

    /// <summary>Classes to tell apart.</summary>
    public int Classes { get; init; } = 4;

    /// <summary>How tokens know where they are.</summary>
    public PositionKind Position { get; init; } = PositionKind.Sine;

    /// <summary>On attention maps.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>Rate of stochastic depth at the last layer; it rises linearly from 0.</summary>
    public double DropPath { get; init; } = 0.1;

    /// <summary>The windows of the tokenizer along a text; none for <see cref="TextFamily.Transformer"/>.</summary>
    internal IReadOnlyList<SlidingWindow> Windows => Family switch
    {
        TextFamily.Transformer => [],
        TextFamily.CCT => [new(KernelSize, Math.Max(1, KernelSize / 2 - 1), Math.Max(1, KernelSize / 2)), new(2, 2, 1)],
        _ => [new(KernelSize, KernelSize, 0)],
    };

    /// <summary>Tokens that a text gives, the class token not counted.</summary>
    public int Tokens => (int)Windows.Aggregate((long)Words, (inputs, window) => window.Outputs(inputs));

    /// <exception cref="ArgumentException">A value outside its range, or values that do not fit together.</exception>
    internal void Check()
    {
        Size.Check();
        foreach (var (name, value) in new[] { (nameof(KernelSize), KernelSize), (nameof(WordDim), WordDim), (nameof(Words), Words), (nameof(Classes), Classes) })
            if (value < 1) throw new ArgumentException($"{name} must be at least 1, got {value}.");
        if (PaddingWord < 0 || PaddingWord >= VocabularySize)
            throw new ArgumentException($"{nameof(PaddingWord)} must be a word of the vocabulary, 0 .. {VocabularySize - 1}, got {PaddingWord}.");
        if (Family == TextFamily.Transformer && Size.EmbedDim != WordDim)
            throw new ArgumentException($"A text transformer's tokens are words: its width must be {nameof(WordDim)} {WordDim}, got {Size.EmbedDim}.");
        if (Family is TextFamily.ViTLite or TextFamily.CVT && Words % KernelSize != 0)
            throw new ArgumentException($"Patches of {KernelSize} words do not divide a text of {Words} words.");
    }
}
