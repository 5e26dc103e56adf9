namespace Lab.Nn;

/// <summary>How a decoder knows the order of its tokens.</summary>
public enum DecoderPosition
{
    /// <summary>A trained vector per position.</summary>
    Learned,

    /// <summary>Queries and keys are turned by angles that grow with the position.</summary>
    Rotary,

    /// <summary>By the causal mask alone.</summary>
    None,
}

/// <summary>Sizes of a language model. The named ones are Lab's own scale, from a few seconds of one core to a GPU.</summary>
/// <param name="Vocabulary">Tokens.</param>
/// <param name="Dim">Width.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">A divisor of the width.</param>
/// <param name="Context">Most tokens in a sequence.</param>
public sealed record DecoderOptions(int Vocabulary, int Dim, int Depth, int Heads, int Context)
{
    /// <summary>Order of the tokens.</summary>
    public DecoderPosition Position { get; init; } = DecoderPosition.Learned;

    /// <summary>The output layer is the embedding table.</summary>
    public bool TiedOutput { get; init; } = true;

    /// <summary>The embedding table is not trained.</summary>
    public bool FrozenEmbedding { get; init; }

    /// <summary>On embeddings and on both branches of a block.</summary>
    public double Dropout { get; init; }

    /// <summary>About 0.2 million parameters.</summary>
    public static DecoderOptions Nano(int vocabulary) => new(vocabulary, Dim: 64, Depth: 2, Heads: 2, Context: 128);

    /// <summary>About 1 million parameters.</summary>
    public static DecoderOptions Micro(int vocabulary) => new(vocabulary, Dim: 128, Depth: 4, Heads: 4, Context: 128);

    /// <summary>About 5 million parameters.</summary>
    public static DecoderOptions Mini(int vocabulary) => new(vocabulary, Dim: 256, Depth: 6, Heads: 8, Context: 256);

    /// <summary>About 26 million parameters, for a GPU.</summary>
    public static DecoderOptions Small(int vocabulary) => new(vocabulary, Dim: 512, Depth: 8, Heads: 8, Context: 512);

    /// <summary>Numbers in all weights.</summary>
    public long Parameters
    {
        get
        {
            var tables = (long)Vocabulary * Dim * (TiedOutput ? 1 : 2) + (Position == DecoderPosition.Learned ? (long)Context * Dim : 0);
            return tables + Depth * (12L * Dim * Dim + 13L * Dim) + 2L * Dim;
        }
    }

    /// <summary>Operations per token of a training step, forward and backward, attention counted in full.</summary>
    /// <remarks>Source: Kaplan et al. 2020, section 2.1 (arXiv 2001.08361).</remarks>
    public long TrainingFlops => 6 * (12L * Depth * Dim * Dim + (long)Vocabulary * Dim) + 12L * Depth * Context * Dim;

    internal void Check()
    {
        if (Vocabulary < 1 || Dim < 1 || Depth < 1 || Context < 2) throw new ArgumentException($"Sizes of a decoder are positive, and its context at least 2, got {this}.");
        if (Position == DecoderPosition.Rotary && Dim / Heads % 2 != 0) throw new ArgumentException($"Rotary positions need heads of even width, got {Dim / Heads}.");
        if (Dropout is not (>= 0 and < 1)) throw new ArgumentException($"Dropout lies in [0, 1), got {Dropout}.");
    }
}
