using static TorchSharp.torch;

namespace Lab.Tokens;

internal static class Similarity
{
    /// <summary>Cosines between two sets of vectors; 0 where a vector is 0.</summary>
    /// <param name="a">[B, M, d].</param>
    /// <param name="b">[B, N, d].</param>
    /// <returns>[B, M, N].</returns>
    public static Tensor Cosine(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return Unit(a).matmul(Unit(b).transpose(1, 2)).MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor vectors) => nn.functional.normalize(vectors, 2, -1);
}
