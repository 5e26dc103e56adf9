using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>
/// Codes of a position should say different things: the squared cosine between them, position by position, mean over pairs of books. It acts on the codes
/// of a picture, not on the books: whether unrelated entries are orthogonal says nothing.
/// </summary>
/// <remarks>Source: FQGAN, equation 4 (arXiv 2411.16681).</remarks>
public static class DisentangleLoss
{
    /// <param name="codes">Vectors of every book's codes, [..., d] each; one book alone costs 0.</param>
    /// <returns>Scalar in [0, 1].</returns>
    /// <exception cref="ArgumentException">Books of several shapes, or none.</exception>
    public static Tensor Of(IReadOnlyList<Tensor> codes)
    {
        using var scope = NewDisposeScope();
        Tensor[] pairs = [.. Pairs(codes).Select(squares => squares.mean())];
        return (pairs.Length == 0 ? zeros([], device: codes[0].device) : stack(pairs).mean()).MoveToOuterDisposeScope();
    }

    /// <summary>Where codes say the same.</summary>
    /// <param name="codes">[B, h, w, d] each, of two books or more.</param>
    /// <returns>[h, w], mean over pictures and pairs.</returns>
    public static Tensor Map(IReadOnlyList<Tensor> codes)
    {
        using var scope = NewDisposeScope();
        return stack([.. Pairs(codes)]).mean([0L, 1L]).MoveToOuterDisposeScope();
    }

    // Squared cosines [...] of every pair of books.
    private static IEnumerable<Tensor> Pairs(IReadOnlyList<Tensor> codes)
    {
        if (codes.Count == 0) throw new ArgumentException("There must be at least 1 book.", nameof(codes));
        if (codes.FirstOrDefault(other => !other.shape.SequenceEqual(codes[0].shape)) is { } odd)
            throw new ArgumentException($"All books have codes of one shape: one has [{string.Join(", ", codes[0].shape)}], another [{string.Join(", ", odd.shape)}].", nameof(codes));
        Tensor[] unit = [.. codes.Select(vectors => nn.functional.normalize(vectors, dim: -1))];
        for (var i = 0; i < unit.Length; i++)
            for (var j = i + 1; j < unit.Length; j++) yield return (unit[i] * unit[j]).sum(-1).square();
    }
}
