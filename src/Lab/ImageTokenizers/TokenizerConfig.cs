namespace Lab.ImageTokenizers;

/// <summary>How encoder and decoder change the resolution.</summary>
public enum TokenizerFamily
{
    /// <summary>In one step, by patches: all layers work on the small grid, so it is fast on a CPU.</summary>
    Patch,

    /// <summary>Halved and doubled from level to level, with attention at the bottom, as in VQGAN.</summary>
    Pyramid,
}

/// <summary>Sizes of an image tokenizer. The presets are named by family, side, patch and size.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Size">Side of a picture in pixels.</param>
/// <param name="Factor">Pixels per side of a token.</param>
/// <param name="Family">How the resolution changes.</param>
/// <param name="Widths">Channels of each level; one for patches.</param>
/// <param name="Depth">Residual blocks per level.</param>
/// <param name="ZChannels">Channels of a latent vector.</param>
public sealed record TokenizerConfig(
    string Name, int Size, int Factor, TokenizerFamily Family, IReadOnlyList<int> Widths, int Depth, int ZChannels)
{
    /// <summary>Groups of every normalization.</summary>
    internal const int Groups = 8;

    /// <summary>32 pixels, tokens of 4x4, for tens of seconds on a CPU.</summary>
    public static TokenizerConfig P32_4s { get; } = new("P32-4s", 32, 4, TokenizerFamily.Patch, [48], 1, 8);

    /// <summary>32 pixels, tokens of 4x4, for minutes on a CPU.</summary>
    public static TokenizerConfig P32_4m { get; } = new("P32-4m", 32, 4, TokenizerFamily.Patch, [64], 2, 8);

    /// <summary>32 pixels, tokens of 8x8.</summary>
    public static TokenizerConfig P32_8m { get; } = new("P32-8m", 32, 8, TokenizerFamily.Patch, [96], 2, 16);

    /// <summary>64 pixels, tokens of 8x8.</summary>
    public static TokenizerConfig P64_8m { get; } = new("P64-8m", 64, 8, TokenizerFamily.Patch, [96], 1, 8);

    /// <summary>32 pixels, tokens of 4x4, a small pyramid.</summary>
    public static TokenizerConfig C32_4 { get; } = new("C32-4", 32, 4, TokenizerFamily.Pyramid, [32, 64, 96], 1, 8);

    /// <summary>32 pixels, tokens of 4x4, for a GPU.</summary>
    public static TokenizerConfig C32_4L { get; } = new("C32-4L", 32, 4, TokenizerFamily.Pyramid, [64, 128, 256], 2, 8);

    /// <summary>64 pixels, tokens of 8x8, for a GPU.</summary>
    public static TokenizerConfig C64_8L { get; } = new("C64-8L", 64, 8, TokenizerFamily.Pyramid, [64, 128, 256, 256], 2, 8);

    /// <summary>Tokens per side.</summary>
    public int Grid => Size / Factor;

    /// <exception cref="ArgumentException">Sizes that do not fit each other.</exception>
    internal void Check()
    {
        if (Factor < 1 || Size < 1 || Size % Factor != 0) throw new ArgumentException($"Tokens of {Factor}x{Factor} do not tile a picture of {Size}x{Size} pixels.");
        if (ZChannels < 1) throw new ArgumentException($"A latent vector needs at least 1 channel, got {ZChannels}.");
        if (Depth < 1) throw new ArgumentException($"A level needs at least 1 residual block, got {Depth}.");
        if (Widths.FirstOrDefault(width => width < 1 || width % Groups != 0, Groups) is var odd && odd % Groups != 0 || odd < 1)
            throw new ArgumentException($"Widths must be multiples of {Groups}, the groups of the normalization; got {odd}.");
        var levels = Family == TokenizerFamily.Patch ? 1 : (int)Math.Log2(Factor) + 1;
        if (Widths.Count != levels || (Family == TokenizerFamily.Pyramid && 1 << (levels - 1) != Factor))
            throw new ArgumentException($"A {Family} tokenizer of factor {Factor} has {levels} levels that halve the picture; got {Widths.Count} widths.");
    }
}
