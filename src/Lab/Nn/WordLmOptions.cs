namespace Lab.Nn;

/// <summary>What a vector of the backbone sees; with one vector per word both are the same.</summary>
public enum BackboneMask
{
    /// <summary>Itself and the vectors before it, so of its own word only the earlier ones.</summary>
    Causal,

    /// <summary>All vectors of its own word and of the words before.</summary>
    BlockCausal,
}

/// <summary>Sizes of a <see cref="WordLm"/>.</summary>
/// <param name="CharWidth">Width of the stacks inside a word, d.</param>
/// <param name="CharLayers">Blocks of the encoder, and as many of the decoder.</param>
/// <param name="Width">Width of the backbone, D.</param>
/// <param name="Layers">Blocks of the backbone.</param>
/// <param name="Context">Words in a window, T.</param>
public sealed record WordLmOptions(int CharWidth, int CharLayers, int Width, int Layers, int Context)
{
    /// <summary>Heads inside a word.</summary>
    public int CharHeads { get; init; } = Math.Max(1, CharWidth / 32);

    /// <summary>Heads of the backbone.</summary>
    public int Heads { get; init; } = Math.Max(1, Width / 32);

    /// <summary>Vectors by which a word enters and leaves the backbone, p.</summary>
    public int Prefixes { get; init; } = 1;

    /// <summary>What a vector of the backbone sees.</summary>
    public BackboneMask Mask { get; init; } = BackboneMask.Causal;

    /// <summary>Longer words are cut.</summary>
    public int MaxWordBytes { get; init; } = 16;

    /// <summary>The backbone's width differs from that inside a word, so linear maps lie between them.</summary>
    public bool Projected => CharWidth != Width;

    /// <summary>Matrix weights of the encoder with its table and projection, as the hierarchical paper counts them; the decoder has as many.</summary>
    public long EncoderWeights => 12L * CharWidth * CharWidth * CharLayers + 256L * CharWidth + (long)CharWidth * Width;

    /// <summary>Matrix weights of the backbone.</summary>
    public long BackboneWeights => 12L * Width * Width * Layers;

    internal void Check()
    {
        if (Prefixes < 1) throw new ArgumentOutOfRangeException(nameof(Prefixes), Prefixes, "A word enters the backbone as at least 1 vector.");
        if (MaxWordBytes < 1) throw new ArgumentOutOfRangeException(nameof(MaxWordBytes), MaxWordBytes, "A word has at least 1 byte.");
        if (CharWidth < 1 || CharLayers < 1 || Width < 1 || Layers < 1 || Context < 2)
            throw new ArgumentException($"Widths and layers are positive, and a window has at least 2 words, got {this}.");
    }
}
