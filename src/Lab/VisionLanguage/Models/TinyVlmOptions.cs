using Lab.Data.ShapesQa;

namespace Lab.VisionLanguage.Models;

/// <summary>Sizes of a <see cref="TinyVlm"/>.</summary>
/// <param name="Name">In tables.</param>
/// <param name="VisionDim">Width of the encoder.</param>
/// <param name="VisionDepth">Its blocks.</param>
/// <param name="Dim">Width of the decoder.</param>
/// <param name="Depth">Its blocks.</param>
/// <param name="Heads">Of the decoder, a divisor of the width.</param>
public sealed record TinyVlmOptions(string Name, int VisionDim, int VisionDepth, int Dim, int Depth, int Heads)
{
    /// <summary>Attention heads of the encoder, in all sizes.</summary>
    public const int VisionHeads = 4;

    /// <summary>Numbers of a patch: 4 x 4 pixels in 3 colours.</summary>
    public const int PatchValues = 3 * QaSet.Patch * QaSet.Patch;

    /// <summary>Base of the decoder's rotary positions.</summary>
    public const double RotaryBase = 100;

    /// <summary>Positions of a question: <c>&lt;q&gt;</c>, three words, <c>&lt;a&gt;</c>.</summary>
    public const int QuestionLength = 5;

    /// <summary>Trained in half a minute on a core or two.</summary>
    public static TinyVlmOptions S { get; } = new("S", VisionDim: 48, VisionDepth: 2, Dim: 48, Depth: 4, Heads: 4);

    /// <summary>For the CPU, in minutes.</summary>
    public static TinyVlmOptions M { get; } = new("M", VisionDim: 64, VisionDepth: 3, Dim: 64, Depth: 8, Heads: 4);

    /// <summary>For a GPU: pictures of 64 pixels, 256 patches.</summary>
    public static TinyVlmOptions L { get; } = new("L", VisionDim: 256, VisionDepth: 4, Dim: 256, Depth: 12, Heads: 8) { ImageSize = 64 };

    /// <summary>Side of the pictures in pixels.</summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>Learned vectors of row and column are added to the projected patches. A frozen encoder tells the decoder little about places.</summary>
    public bool GridEmbedding { get; init; }

    /// <summary>Patches per side.</summary>
    public int Grid => ImageSize / QaSet.Patch;

    /// <summary>Visual tokens of a picture.</summary>
    public int Patches => Grid * Grid;

    /// <exception cref="ArgumentException">A size outside its range.</exception>
    internal void Check()
    {
        if (VisionDepth < 1 || Depth < 1) throw new ArgumentException($"Encoder and decoder have at least 1 block, got {VisionDepth} and {Depth}.");
        if (VisionDim < 1 || VisionDim % VisionHeads != 0) throw new ArgumentException($"{nameof(VisionDim)} must be a multiple of {VisionHeads}, got {VisionDim}.");
        if (Heads < 1 || Dim < 1 || Dim % (2 * Heads) != 0) throw new ArgumentException($"Each of {Heads} heads needs an even width, which a width of {Dim} does not give.");
        if (ImageSize < 1 || ImageSize % QaSet.Patch != 0) throw new ArgumentException($"Patches of {QaSet.Patch} pixels do not tile a picture of {ImageSize} pixels.");
    }
}
