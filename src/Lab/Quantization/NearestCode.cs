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
    public static Tensor Search(Tensor vectors, Tensor book) => Best(vectors, book, halfDistances => halfDistances);

    /// <summary>Draws a code for every vector with the probabilities softmax(-|z - c|^2 / temperature), by adding Gumbel noise and taking the best.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="book">[K, D], of the same type.</param>
    /// <param name="temperature">T: above 0. Small ones come near to <see cref="Search"/>.</param>
    /// <returns>[N] int64.</returns>
    /// <exception cref="ArgumentException">A temperature that is not above 0.</exception>
    /// <remarks>Draws from torch's own generator. Source: Lee et al. 2022, section 3.2 (arXiv 2203.01941).</remarks>
    public static Tensor Draw(Tensor vectors, Tensor book, double temperature)
    {
        if (temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature of drawn codes must be above 0, got {temperature}.", nameof(temperature));
        return Best(vectors, book, halfDistances => halfDistances.mul_(2 / temperature).add_(LogExponential(halfDistances)));
    }

    /// <summary>The nearest few codes, nearest first; the order of equally near ones is not defined.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="book">[K, D], of the same type.</param>
    /// <param name="count">k: 1 to K.</param>
    /// <returns>Codes [N, k] int64 and squared distances [N, k].</returns>
    /// <exception cref="ArgumentException">Fewer than 1 code, or more than there are.</exception>
    public static (Tensor Codes, Tensor SquaredDistances) Several(Tensor vectors, Tensor book, int count)
    {
        if (count < 1 || count > book.shape[0]) throw new ArgumentException($"Of {book.shape[0]} codes 1 to {book.shape[0]} can be the nearest, got {count}.", nameof(count));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var blocks = new Blocks(vectors, book);
        var (codes, distances) = (empty([vectors.shape[0], count], ScalarType.Int64, vectors.device), empty([vectors.shape[0], count], blocks.Type, vectors.device));
        for (long row = 0; row < vectors.shape[0]; row += RowBlock)
        {
            using var block = NewDisposeScope();
            var rows = blocks.Rows(row);
            var (least, code) = (empty([rows.shape[0], 0], rows.dtype, rows.device), empty([rows.shape[0], 0], ScalarType.Int64, rows.device));
            for (long first = 0; first < book.shape[0]; first += CodeBlock)
            {
                using var step = NewDisposeScope(); // what it takes does not live until the last block
                var halfDistances = blocks.HalfDistances(rows, first);
                var (near, candidate) = halfDistances.topk((int)Math.Min(count, halfDistances.shape[1]), 1, largest: false);
                var (kept, places) = cat([least, near], 1).topk((int)Math.Min(count, least.shape[1] + near.shape[1]), 1, largest: false);
                (least, code) = (kept.MoveToOuterDisposeScope(), cat([code, candidate + first], 1).gather(1, places).MoveToOuterDisposeScope());
            }
            codes.narrow(0, row, rows.shape[0]).copy_(code);
            distances.narrow(0, row, rows.shape[0]).copy_((2 * least + rows.square().sum(1, keepdim: true)).clamp_min(0));
        }
        return (codes.MoveToOuterDisposeScope(), distances.to(vectors.dtype).MoveToOuterDisposeScope());
    }

    // The code with the least score; scores are made, in place, of half distances [rows, codes], short of what all codes share.
    private static Tensor Best(Tensor vectors, Tensor book, Func<Tensor, Tensor> score)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var blocks = new Blocks(vectors, book);
        var nearest = empty([vectors.shape[0]], ScalarType.Int64, vectors.device);
        for (long row = 0; row < vectors.shape[0]; row += RowBlock)
        {
            using var block = NewDisposeScope();
            var rows = blocks.Rows(row);
            var (least, code) = Least(blocks, rows, 0, score);
            for (var first = CodeBlock; first < book.shape[0]; first += CodeBlock)
            {
                var (distance, candidate) = Least(blocks, rows, first, score);
                var nearer = distance < least;
                (least, code) = (where(nearer, distance, least), where(nearer, candidate, code));
            }
            nearest.narrow(0, row, rows.shape[0]).copy_(code);
        }
        return nearest.MoveToOuterDisposeScope();
    }

    // Of a block of codes; what it takes does not live until the last block.
    private static (Tensor Scores, Tensor Codes) Least(Blocks blocks, Tensor rows, long first, Func<Tensor, Tensor> score)
    {
        using var scope = NewDisposeScope();
        var (scores, codes) = score(blocks.HalfDistances(rows, first)).min(1);
        return (scores.MoveToOuterDisposeScope(), (codes + first).MoveToOuterDisposeScope());
    }

    // ln E with E exponentially distributed: minus a Gumbel number. The ends of the unit interval have no logarithm of a logarithm.
    private static Tensor LogExponential(Tensor like) => rand_like(like).clamp_(1e-10, 1 - 1e-7).log_().neg_().log_();

    private sealed class Blocks
    {
        private readonly Tensor vectors, centre, book, halfNorms; // [N, D], [D], [K, D], [K]
        private readonly Tensor scratch; // of a block: a new one each time would scatter the heap, which then grows with the number of codes

        public Blocks(Tensor vectors, Tensor book)
        {
            Type = vectors.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? ScalarType.Float32 : vectors.dtype;
            var wide = book.to(Type);
            (this.vectors, centre) = (vectors, wide.mean([0])); // far from zero, distances would drown in the rounding of large products
            this.book = wide - centre;
            halfNorms = this.book.square().sum(1) / 2; // |z - c|^2 / 2 = |z|^2 / 2 - z.c + |c|^2 / 2, and the first term is the same for all codes
            scratch = empty(Math.Min(RowBlock, vectors.shape[0]) * Math.Min(CodeBlock, book.shape[0]), Type, vectors.device);
        }

        public ScalarType Type { get; }

        public Tensor Rows(long first) => vectors.narrow(0, first, Math.Min(RowBlock, vectors.shape[0] - first)).to(Type) - centre;

        // [rows, codes], short of what all codes share; overwritten by the next call.
        public Tensor HalfDistances(Tensor rows, long first)
        {
            var count = Math.Min(CodeBlock, book.shape[0] - first);
            var scores = scratch.narrow(0, 0, rows.shape[0] * count).view(rows.shape[0], count);
            return scores.copy_(halfNorms.narrow(0, first, count).expand_as(scores)).addmm_(rows, book.narrow(0, first, count).t(), 1, -1);
        }
    }
}
