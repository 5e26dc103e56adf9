namespace Lab.Nn;

/// <summary>What a vision transformer answers.</summary>
public enum VisionHead
{
    /// <summary>A class per picture, from the class token.</summary>
    Class,

    /// <summary>A class per pixel: every token answers for the pixels of its patch; there is no class token.</summary>
    Pixels,
}

/// <summary>Sizes of a vision transformer.</summary>
/// <param name="ImageSize">Side of the pictures, a multiple of the patch.</param>
/// <param name="Patch">Side of a patch in pixels.</param>
/// <param name="Dim">Width of a token.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">A divisor of the width.</param>
/// <param name="MlpRatio">Hidden width of the MLP over that of a token.</param>
/// <remarks>Source: Dosovitskiy et al. 2021 (arXiv 2010.11929); presets as in Touvron et al. 2021, table 1 (arXiv 2012.12877).</remarks>
public sealed record VisionTransformerOptions(int ImageSize, int Patch, int Dim, int Depth, int Heads, int MlpRatio)
{
    /// <summary>DeiT-Ti, 5.7 M parameters.</summary>
    public static VisionTransformerOptions DeiTTiny { get; } = new(224, 16, 192, 12, 3, 4);

    /// <summary>DeiT-S, 22.1 M parameters.</summary>
    public static VisionTransformerOptions DeiTSmall { get; } = new(224, 16, 384, 12, 6, 4);

    /// <summary>DeiT-B, 86.6 M parameters.</summary>
    public static VisionTransformerOptions DeiTBase { get; } = new(224, 16, 768, 12, 12, 4);

    /// <summary>Of the pictures.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Of a picture or a pixel.</summary>
    public int Classes { get; init; } = 1000;

    /// <summary>What it answers.</summary>
    public VisionHead Head { get; init; } = VisionHead.Class;

    /// <summary>Rate of the last block; it rises linearly from 0.</summary>
    public double DropPath { get; init; }

    /// <summary>Tokens along a side.</summary>
    public int Side => ImageSize / Patch;

    internal int ClassTokens => Head == VisionHead.Class ? 1 : 0;

    internal void Check()
    {
        if (Patch < 1 || ImageSize < Patch || ImageSize % Patch != 0) throw new ArgumentException($"Patches of {Patch} pixels do not tile a picture of {ImageSize} pixels.");
        if (Depth < 1 || MlpRatio < 1 || Classes < 1 || Channels < 1)
            throw new ArgumentException($"Depth, MLP ratio, classes and channels are at least 1, got {Depth}, {MlpRatio}, {Classes} and {Channels}.");
    }
}
