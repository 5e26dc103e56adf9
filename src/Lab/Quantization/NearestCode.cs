using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Nearest codes without the whole table of distances, which for a million vectors and 16,384 codes takes 65 GB: a block of
/// vectors meets a block of codes at a time, and the best so far is kept.
/// </summary>
public static class NearestCode
{
    private const long RowBlock = 2_048, CodeBlock = 2_048;

    /// <summary>The index of the nearest code by Euclidean distance; of equally near ones the first.</summary>
    /// <param name="vectors">[N, D]. Of types narrower than float32, a block at a time is widened: sums of their products are too coarse to tell near codes apart.</param>
    /// <param name="book">[K, D], of the same type.</param>
    /// <returns>[N] int64.</returns>
    public static Tensor Search(Tensor vectors, Tensor book)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (n, k) = (vectors.shape[0], book.shape[0]);
        var type = vectors.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? ScalarType.Float32 : vectors.dtype;
        book = book.to(type);
        var centre = book.mean([0]); // far from zero, distances would drown in the rounding of large products
        book = book - centre;
        var halfNorms = book.square().sum(1) / 2; // [K]; |z - c|^2 / 2 = |z|^2 / 2 - z.c + |c|^2 / 2, and the first term is the same for all codes
        var nearest = empty([n], ScalarType.Int64, vectors.device);
        for (long row = 0; row < n; row += RowBlock)
        {
            using var block = NewDisposeScope();
            var rows = vectors.narrow(0, row, Math.Min(RowBlock, n - row)).to(type) - centre;
            var (least, code) = Nearest(rows, book, halfNorms, 0);
            for (var first = CodeBlock; first < k; first += CodeBlock)
            {
                var (distance, candidate) = Nearest(rows, book, halfNorms, first);
                var nearer = distance < least;
                (least, code) = (where(nearer, distance, least), where(nearer, candidate + first, code));
            }
            nearest.narrow(0, row, rows.shape[0]).copy_(code);
        }
        return nearest.MoveToOuterDisposeScope();
    }

    private static (Tensor Distance, Tensor Code) Nearest(Tensor rows, Tensor book, Tensor halfNorms, long first)
    {
        var count = Math.Min(CodeBlock, book.shape[0] - first);
        return addmm(halfNorms.narrow(0, first, count), rows, book.narrow(0, first, count).t(), 1, -1).min(1); // [rows, count] -> [rows]
    }
}
