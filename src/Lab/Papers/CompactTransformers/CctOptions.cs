using Lab.Nn;

namespace Lab.Papers.CompactTransformers;

/// <summary>The three model families, each one step away from a vision transformer.</summary>
public enum CompactFamily
{
    /// <summary>A small vision transformer: patches and a class token.</summary>
    ViTLite,

    /// <summary>Compact vision transformer: the class token gives way to sequence pooling.</summary>
    CVT,

    /// <summary>Compact convolutional transformer: the patches give way to a convolutional tokenizer, too.</summary>
    CCT,
}

/// <summary>How a sequence of tokens becomes one vector.</summary>
public enum Pooling
{
    /// <summary>A learned weighted mean, <see cref="CompactTransformers.SeqPool"/>.</summary>
    Seq,

    /// <summary>The class token in front of the others.</summary>
    Class,

    /// <summary>The plain mean.</summary>
    Mean,
}

/// <summary>A Compact Transformer for pictures. The named ones are those of the reference repository and of the paper's tables.</summary>
/// <remarks>Source: Hassani et al. 2021, table 1 and section 3 (arXiv 2104.05704); github.com/SHI-Labs/Compact-Transformers.</remarks>
/// <param name="Family">Decides the tokenizer, and the pooling if that is not set.</param>
/// <param name="Size">Depth, heads, width.</param>
/// <param name="KernelSize">Side of a convolution's kernel (CCT) or of a patch (CVT, ViT-Lite).</param>
/// <param name="ConvLayers">Stages of the convolutional tokenizer; 1 for patches.</param>
public sealed partial record CctOptions(CompactFamily Family, CompactSize Size, int KernelSize, int ConvLayers = 1)
{
    /// <summary>Channels between the stages of the convolutional tokenizer.</summary>
    public int HiddenChannels { get; init; } = 64;

    /// <summary>Side of the pictures in pixels; a model without positions takes others, too.</summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>Colour channels of the pictures.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Classes to tell apart.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>How tokens know where they are.</summary>
    public PositionKind Position { get; init; } = PositionKind.Learned;

    /// <summary>Null: the family's own.</summary>
    public Pooling? Pool { get; init; }

    /// <summary>Where blocks normalize; the official models use <see cref="BlockNorm.CctHybrid"/>.</summary>
    public BlockNorm Norm { get; init; } = BlockNorm.CctHybrid;

    /// <summary>On tokens, projections and MLPs.</summary>
    public double Dropout { get; init; }

    /// <summary>On attention maps.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>Rate of stochastic depth at the last layer; it rises linearly from 0.</summary>
    public double DropPath { get; init; } = 0.1;

    /// <summary>The pooling in use.</summary>
    public Pooling Pooling => Pool ?? (Family == CompactFamily.ViTLite ? Pooling.Class : Pooling.Seq);

    /// <summary>E.g. <c>CCT-7/3x1</c>, <c>ViT-Lite-2/4</c>.</summary>
    public string Name => $"{FamilyName(Family)}-{Size.Depth}/{KernelSize}{(Family == CompactFamily.CCT ? $"x{ConvLayers}" : "")}";

    /// <summary>The family as the paper writes it.</summary>
    internal static string FamilyName(CompactFamily family) => family == CompactFamily.ViTLite ? "ViT-Lite" : family.ToString();

    /// <summary>The windows of the tokenizer, from pixels to tokens.</summary>
    internal IReadOnlyList<SlidingWindow> Windows => Family == CompactFamily.CCT
        ? ConvTokenizer.WindowsOf(KernelSize, ConvLayers)
        : [new SlidingWindow(KernelSize, KernelSize, 0)];

    /// <summary>Tokens that a picture gives, the class token not counted.</summary>
    public int Tokens
    {
        get
        {
            var side = Windows.Aggregate((long)ImageSize, (inputs, window) => window.Outputs(inputs));
            return (int)(side * side);
        }
    }

    /// <exception cref="ArgumentException">A value outside its range, or values that do not fit together; the message names them.</exception>
    internal void Check()
    {
        Size.Check();
        AtLeast(1, KernelSize, nameof(KernelSize));
        AtLeast(1, ConvLayers, nameof(ConvLayers));
        AtLeast(1, HiddenChannels, nameof(HiddenChannels));
        AtLeast(1, Channels, nameof(Channels));
        AtLeast(1, Classes, nameof(Classes));
        AtLeast(1, ImageSize, nameof(ImageSize));
        if (Family == CompactFamily.CCT && KernelSize % 2 == 0)
            throw new ArgumentException($"{nameof(KernelSize)} of a convolutional tokenizer must be odd so that kernels have a centre, got {KernelSize}.");
        if (Family != CompactFamily.CCT && ConvLayers != 1)
            throw new ArgumentException($"{nameof(ConvLayers)} belongs to CCT; {FamilyName(Family)} cuts patches, so it must be 1, got {ConvLayers}.");
        if (Family != CompactFamily.CCT && ImageSize % KernelSize != 0)
            throw new ArgumentException($"Patches of {KernelSize} pixels do not divide a side of {ImageSize} pixels.");
        if (!Enum.IsDefined(Position)) throw new ArgumentException($"{nameof(Position)} {Position} is none of {string.Join(", ", Enum.GetNames<PositionKind>())}.");
    }

    private static void AtLeast(int minimum, int value, string name)
    {
        if (value < minimum) throw new ArgumentException($"{name} must be at least {minimum}, got {value}.");
    }
}

/// <summary>Depth and width of the encoder.</summary>
/// <param name="Depth">Layers.</param>
/// <param name="Heads">A divisor of the width.</param>
/// <param name="MlpRatio">Hidden width of the MLPs over the width of a token.</param>
/// <param name="EmbedDim">Width of a token.</param>
public sealed record CompactSize(int Depth, int Heads, int MlpRatio, int EmbedDim)
{
    /// <summary>Of the -2 models.</summary>
    public static CompactSize Two { get; } = new(2, 2, 1, 128);

    /// <summary>Of the -4 models.</summary>
    public static CompactSize Four { get; } = new(4, 2, 1, 128);

    /// <summary>Of the -6 models.</summary>
    public static CompactSize Six { get; } = new(6, 4, 2, 256);

    /// <summary>Of the -7 models.</summary>
    public static CompactSize Seven { get; } = new(7, 4, 2, 256);

    /// <summary>Of the -14 models.</summary>
    public static CompactSize Fourteen { get; } = new(14, 6, 3, 384);

    /// <summary>The size of that number of layers.</summary>
    /// <exception cref="ArgumentException">No official model has that depth.</exception>
    public static CompactSize OfDepth(int depth) =>
        new[] { Two, Four, Six, Seven, Fourteen }.FirstOrDefault(size => size.Depth == depth)
        ?? throw new ArgumentException($"Official sizes have 2, 4, 6, 7 or 14 layers, got {depth}.", nameof(depth));

    internal void Check()
    {
        if (Depth < 1) throw new ArgumentException($"{nameof(Depth)} must be at least 1, got {Depth}.");
        if (MlpRatio < 1) throw new ArgumentException($"{nameof(MlpRatio)} must be at least 1, got {MlpRatio}.");
        if (Heads < 1 || EmbedDim < 1 || EmbedDim % Heads != 0) throw new ArgumentException($"{Heads} heads do not divide a width of {EmbedDim}.");
    }
}
