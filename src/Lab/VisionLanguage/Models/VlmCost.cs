namespace Lab.VisionLanguage.Models;

/// <summary>
/// Operations of a forward pass, two per multiply-add of the matrix products; attention is counted in full, norms and softmax are
/// not. Backward passes cost twice as much again.
/// </summary>
/// <param name="Encoder">Patch embedding and blocks.</param>
/// <param name="Projector">Of class token and patches.</param>
/// <param name="Decoder">Blocks.</param>
/// <param name="Head">Output layer, at the answers alone.</param>
public readonly record struct VlmCost(double Encoder, double Projector, double Decoder, double Head)
{
    /// <summary>All of it.</summary>
    public double Total => Encoder + Projector + Decoder + Head;

    /// <summary>The cost of a picture with questions, nothing removed.</summary>
    /// <param name="model">Sizes.</param>
    /// <param name="questions">In one sequence.</param>
    public static VlmCost Of(TinyVlmOptions model, int questions)
    {
        var length = TokenSequence.FirstVisual + model.Patches + TinyVlmOptions.QuestionLength * questions;
        return Of(model, [.. Enumerable.Repeat(length, model.Depth)], questions);
    }

    /// <summary>The same with tokens removed.</summary>
    /// <param name="model">Sizes.</param>
    /// <param name="lengths">Tokens, text included, that each layer of the decoder really ran on.</param>
    /// <param name="questions">In one sequence.</param>
    /// <exception cref="ArgumentException">Not one length per layer.</exception>
    public static VlmCost Of(TinyVlmOptions model, IReadOnlyList<int> lengths, int questions = 1)
    {
        if (lengths.Count != model.Depth) throw new ArgumentException($"A length per layer is needed, got {lengths.Count} for {model.Depth} layers.", nameof(lengths));
        double patches = model.Patches, vision = model.VisionDim, dim = model.Dim;
        return new(
            2 * patches * TinyVlmOptions.PatchValues * vision + model.VisionDepth * Block(patches + 1, vision),
            2 * (patches + 1) * (vision * dim + dim * dim),
            lengths.Sum(length => Block(length, dim)),
            2 * questions * dim * Data.ShapesQa.QaWords.All.Count);
    }

    /// <summary>Part by part.</summary>
    public static VlmCost operator +(VlmCost a, VlmCost b) => new(a.Encoder + b.Encoder, a.Projector + b.Projector, a.Decoder + b.Decoder, a.Head + b.Head);

    /// <summary>Part by part.</summary>
    public static VlmCost operator *(VlmCost cost, double factor) => new(cost.Encoder * factor, cost.Projector * factor, cost.Decoder * factor, cost.Head * factor);

    // Four projections of attention and two of the MLP, d x d times 12; queries with keys, weights with values.
    private static double Block(double tokens, double dim) => 2 * 12 * dim * dim * tokens + 4 * tokens * tokens * dim;
}
