using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Searches a sum of codes, one of every book, near a vector: from book to book the best few partial sums are kept.</summary>
/// <remarks>Source: Babenko and Lempitsky 2014, "Additive Quantization for Extreme Vector Compression".</remarks>
internal static class BeamSearch
{
    private const long MostScores = 1 << 24; // in one block, 64 MB

    /// <summary>A number of partial sums that can be kept.</summary>
    /// <exception cref="ArgumentException">Below 1.</exception>
    public static int Width(int value) => value >= 1 ? value : throw new ArgumentException($"A beam keeps at least 1 sum, got {value}.", nameof(value));

    /// <param name="rows">[N, D].</param>
    /// <param name="books">M of [K, D].</param>
    /// <param name="width">Partial sums kept.</param>
    /// <returns>[N, M], the best found.</returns>
    public static Tensor Residual(Tensor rows, IReadOnlyList<Tensor> books, int width)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var block = Math.Max(1, MostScores / (width * books.Max(book => book.shape[0])));
        return cat([.. rows.detach().split(block).Select(part => Block(part, books, width))]).MoveToOuterDisposeScope();
    }

    private static Tensor Block(Tensor rows, IReadOnlyList<Tensor> books, int width)
    {
        using var scope = NewDisposeScope();
        var (n, dim) = (rows.shape[0], rows.shape[1]);
        var residuals = rows.unsqueeze(1); // [N, H, D], H = 1 before the first book
        var codes = empty([n, 1, 0], ScalarType.Int64, rows.device); // [N, H, m]
        foreach (var book in books)
        {
            var size = book.shape[0];
            var errors = residuals.square().sum(-1, keepdim: true) - 2 * residuals.matmul(book.t()) + book.square().sum(1); // [N, H, K]
            var kept = Math.Min(width, errors.shape[1] * size);
            var (_, best) = errors.flatten(1).topk((int)kept, 1, largest: false); // [N, H']
            var (parent, code) = (best.div(size, RoundingMode.floor), best.remainder(size));
            residuals = residuals.gather(1, parent.unsqueeze(-1).expand(n, kept, dim)) - book.index_select(0, code.flatten()).view(n, kept, dim);
            codes = cat([codes.gather(1, parent.unsqueeze(-1).expand(n, kept, codes.shape[2])), code.unsqueeze(-1)], -1);
        }
        return codes.select(1, 0).MoveToOuterDisposeScope(); // topk sorts: the first is the best
    }
}
