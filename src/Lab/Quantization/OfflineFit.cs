using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Quantizers fitted by k-means to vectors that are all there, without a network around them.</summary>
public static class OfflineFit
{
    /// <summary>One book.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="size">K, at most N.</param>
    /// <param name="iterations">Of k-means.</param>
    /// <param name="random">Draws the first centres; null: torch's own.</param>
    /// <returns>In evaluation mode, as those of the other methods.</returns>
    public static VectorQuantizer Vector(Tensor vectors, long size, int iterations = 10, Generator? random = null)
    {
        using var scope = NewDisposeScope();
        var book = new EmaCodebook(size, (int)vectors.shape[1], CodebookStart.Normal);
        book.Replace(KMeans.Fit(vectors, size, iterations, random));
        var quantizer = new VectorQuantizer(book);
        quantizer.eval();
        return quantizer;
    }

    /// <summary>A book for every stage, fitted to what the stages before left over.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="books">M.</param>
    /// <param name="size">K, at most N.</param>
    /// <param name="iterations">Of k-means.</param>
    /// <param name="beamWidth">Of the search later.</param>
    /// <param name="random">Draws the first centres; null: torch's own.</param>
    public static ResidualQuantizer Residual(Tensor vectors, int books, long size, int iterations = 10, int beamWidth = 1, Generator? random = null)
    {
        using var scope = NewDisposeScope();
        var stages = new List<VectorQuantizer>();
        var residual = vectors;
        for (var i = 0; i < books; i++)
        {
            stages.Add(Vector(residual, size, iterations, random));
            residual = residual - stages[i].QuantizeRows(residual).Values;
        }
        var quantizer = new ResidualQuantizer(stages) { BeamWidth = beamWidth };
        quantizer.eval();
        return quantizer;
    }

    /// <summary>A book for every slice.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="books">M, a divisor of D.</param>
    /// <param name="size">K, at most N.</param>
    /// <param name="iterations">Of k-means.</param>
    /// <param name="random">Draws the first centres; null: torch's own.</param>
    public static ProductQuantizer Product(Tensor vectors, int books, long size, int iterations = 10, Generator? random = null)
    {
        using var scope = NewDisposeScope();
        var slice = ProductQuantizer.SliceOf((int)vectors.shape[1], books);
        var quantizer = new ProductQuantizer([.. vectors.split(slice, 1).Select(part => Vector(part, size, iterations, random))]);
        quantizer.eval();
        return quantizer;
    }
}
