using Lab.Nn;

namespace Lab.Papers.T2TViT;

/// <summary>What turns tokens into an image again between two splits.</summary>
public enum T2TKind
{
    /// <summary>Performer attention: linear in the number of tokens.</summary>
    Performer,

    /// <summary>Softmax attention with one head.</summary>
    Transformer,

    /// <summary>The splits are convolutions with nothing between them: a control.</summary>
    Convolution,

    /// <summary>One linear patch embedding instead of the whole module: a plain ViT.</summary>
    None,
}

/// <summary>A soft split: overlapping windows.</summary>
/// <param name="Kernel">Side of a window.</param>
/// <param name="Stride">From one window to the next.</param>
/// <param name="Padding">Zeros around the image.</param>
public readonly record struct Split(int Kernel, int Stride, int Padding)
{
    /// <summary>Windows per side.</summary>
    /// <param name="size">Of the image.</param>
    /// <remarks>Source: equation 3 (arXiv 2101.11986).</remarks>
    public int Windows(int size) => Math.Max(0, size + 2 * Padding - Kernel + Stride) / Stride;

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Kernel < 1 || Stride < 1 || Padding < 0) throw new ArgumentException($"Windows and strides are at least 1, paddings not negative; got {this}.");
    }
}

/// <summary>Sizes of a T2T-ViT.</summary>
/// <param name="Kind">Of the T2T module.</param>
/// <param name="Dim">Width of the backbone.</param>
/// <param name="Depth">Its blocks.</param>
/// <param name="Heads">A divisor of the width.</param>
/// <param name="MlpRatio">Hidden width of the blocks' MLPs over their width.</param>
public sealed record T2TOptions(T2TKind Kind, int Dim, int Depth, int Heads, int MlpRatio)
{
    /// <summary>Side of the pictures.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>From the pictures to the tokens.</summary>
    public IReadOnlyList<Split> Splits { get; init; } = [new(7, 4, 2), new(3, 2, 1), new(3, 2, 1)];

    /// <summary>e: width of tokens between the splits.</summary>
    public int TokenDim { get; init; } = 64;

    /// <summary>m / e: random features of the Performer, as a share of the tokens' width.</summary>
    public double KernelRatio { get; init; } = 0.5;

    /// <summary>Classes.</summary>
    public int Classes { get; init; } = 1000;

    /// <summary>Of the last block; it rises linearly.</summary>
    public double DropPath { get; init; } = 0.1;

    /// <summary>T2T-ViT-7: 4.3 million parameters.</summary>
    public static T2TOptions T2TViT7 { get; } = new(T2TKind.Performer, 256, 7, 4, 2);

    /// <summary>T2T-ViT-10.</summary>
    public static T2TOptions T2TViT10 { get; } = T2TViT7 with { Depth = 10 };

    /// <summary>T2T-ViT-12.</summary>
    public static T2TOptions T2TViT12 { get; } = T2TViT7 with { Depth = 12 };

    /// <summary>T2T-ViT-14: 21.5 million parameters.</summary>
    public static T2TOptions T2TViT14 { get; } = new(T2TKind.Performer, 384, 14, 6, 3);

    /// <summary>T2T-ViT-19.</summary>
    public static T2TOptions T2TViT19 { get; } = new(T2TKind.Performer, 448, 19, 7, 3);

    /// <summary>T2T-ViT-24: 64 million parameters.</summary>
    public static T2TOptions T2TViT24 { get; } = new(T2TKind.Performer, 512, 24, 8, 3);

    /// <summary>T2T-ViT_t-14.</summary>
    public static T2TOptions T2TViTt14 { get; } = T2TViT14 with { Kind = T2TKind.Transformer };

    /// <summary>T2T-ViT_t-19.</summary>
    public static T2TOptions T2TViTt19 { get; } = T2TViT19 with { Kind = T2TKind.Transformer };

    /// <summary>T2T-ViT_t-24.</summary>
    public static T2TOptions T2TViTt24 { get; } = T2TViT24 with { Kind = T2TKind.Transformer };

    /// <summary>T2T-ViT_c-14: the control with convolutions.</summary>
    public static T2TOptions T2TViTc14 { get; } = T2TViT14 with { Kind = T2TKind.Convolution };

    /// <summary>Shallow and wide, of about the size of T2T-ViT-14.</summary>
    public static T2TOptions T2TViT14Wide { get; } = new(T2TKind.Performer, 768, 4, 12, 3);

    /// <summary>T2T-ViT-14 with 32 narrow heads.</summary>
    public static T2TOptions T2TViT14ResNext { get; } = T2TViT14 with { Heads = 32 };

    /// <summary>Tokens per side after every split.</summary>
    public IReadOnlyList<int> Grids => [.. Splits.Select((_, i) => Splits.Take(i + 1).Aggregate(ImageSize, (size, split) => split.Windows(size)))];

    /// <summary>Tokens of the backbone, without the class token.</summary>
    public int Tokens => Grids[^1] * Grids[^1];

    internal BlockOptions Block(double dropPath) => new(Dim, Heads, MlpRatio * Dim) { DropPath = dropPath };

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (!Enum.IsDefined(Kind)) throw new ArgumentException($"{Kind} is no kind of T2T module.");
        if (Splits.Count < 1) throw new ArgumentException("There must be at least 1 split.");
        foreach (var split in Splits) split.Check();
        if (Dim < 1 || Depth < 1 || MlpRatio < 1 || TokenDim < 1 || Classes < 1 || ImageSize < 1) throw new ArgumentException($"Sizes are positive, got {this}.");
        if (KernelRatio * TokenDim < 1) throw new ArgumentException($"A Performer needs at least 1 random feature, got {KernelRatio} of {TokenDim}.");
        if (Grids.FirstOrDefault(grid => grid < 1, 1) is var empty && empty < 1) throw new ArgumentException($"The splits leave no window of pictures of {ImageSize} pixels: grids of {string.Join(", ", Grids)}.");
        if (Kind == T2TKind.None && ImageSize % Grids[^1] != 0) throw new ArgumentException($"{Grids[^1]} patches per side do not tile pictures of {ImageSize} pixels.");
    }
}
