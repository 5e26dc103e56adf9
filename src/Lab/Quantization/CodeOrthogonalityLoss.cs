using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Keeps the codes of a book apart: the mean squared cosine between two different codes. It acts on the book alone, not on what is quantized.</summary>
/// <param name="Weight">Of the term; usual is 10.</param>
/// <param name="MaxCodes">So many codes, drawn anew each time, stand for the book; null: all of them.</param>
/// <remarks>Source: Shin et al. 2021, section 3.1 (arXiv 2112.00384); scaled as in github.com/lucidrains/vector-quantize-pytorch.</remarks>
public sealed record CodeOrthogonalityLoss(double Weight, int? MaxCodes = null)
{
    /// <param name="vectors">[K, D].</param>
    /// <returns>Scalar, not weighted: the sum of squared cosines of all pairs over K^2, less 1 / K for those of codes with themselves.</returns>
    public Tensor Of(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        if (MaxCodes < vectors.shape[0]) vectors = vectors.index_select(0, randperm(vectors.shape[0], device: vectors.device).narrow(0, 0, MaxCodes.Value));
        var unit = nn.functional.normalize(vectors, dim: 1);
        return (unit.matmul(unit.t()).square().mean() - 1.0 / vectors.shape[0]).MoveToOuterDisposeScope();
    }

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the orthogonality loss must not be negative, got {Weight}.");
        if (MaxCodes is < 2) throw new ArgumentException($"Codes are kept apart from at least 1 other, so {nameof(MaxCodes)} must be 2 or more, got {MaxCodes}.");
    }
}
