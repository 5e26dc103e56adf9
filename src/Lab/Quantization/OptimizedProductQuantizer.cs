using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Product quantization of rotated vectors: the rotation makes the slices as independent as it can.</summary>
/// <remarks>Source: Ge et al. 2013, "Optimized Product Quantization", the non-parametric solution.</remarks>
public sealed class OptimizedProductQuantizer : Quantizer
{
    private readonly ProductQuantizer inner;
    private readonly Tensor rotation, mean; // [D, D], orthogonal; [D]

    private OptimizedProductQuantizer(ProductQuantizer inner, Tensor rotation, Tensor mean) : base(inner.Dim, nameof(OptimizedProductQuantizer))
    {
        (this.inner, this.rotation, this.mean) = (inner, rotation, mean);
        register_module("inner", inner);
        register_buffer("rotation", rotation);
        register_buffer("mean", mean);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => inner.BookSizes;

    /// <summary>[D, D].</summary>
    public Tensor Rotation => rotation;

    /// <summary>Books and rotation, improved by turns.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="books">M, a divisor of D.</param>
    /// <param name="size">K.</param>
    /// <param name="rounds">Turns.</param>
    /// <param name="iterations">Of the first k-means; a turn moves the centres once.</param>
    /// <param name="random">Draws the first centres; null: torch's own.</param>
    /// <returns>In evaluation mode.</returns>
    public static OptimizedProductQuantizer Fit(Tensor vectors, int books, long size, int rounds = 12, int iterations = 10, Generator? random = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mean = vectors.mean([0]);
        var centred = vectors - mean;
        var rotation = eye(vectors.shape[1], dtype: vectors.dtype, device: vectors.device);
        var inner = OfflineFit.Product(centred, books, size, iterations, random);
        for (var round = 0; round < rounds; round++)
        {
            using var quantized = inner.QuantizeRows(centred.matmul(rotation));
            var (u, _, v) = linalg.svd(centred.t().matmul(quantized.Values));
            rotation = u.matmul(v); // orthogonal Procrustes: the rotation of X nearest to the quantized vectors
            inner.Refine(centred.matmul(rotation));
        }
        var quantizer = new OptimizedProductQuantizer(inner, rotation.DetachFromDisposeScope(), mean.DetachFromDisposeScope());
        quantizer.eval();
        return quantizer;
    }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var turned = inner.QuantizeRows((rows - mean).matmul(rotation));
        return turned with { Values = turned.Values.matmul(rotation.t()) + mean };
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => inner.LookupRows(codes).matmul(rotation.t()) + mean;

    /// <summary>Components are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
