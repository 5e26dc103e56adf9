using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// BEST-RQ: nothing is learned. A fixed random matrix narrows the vector, and the nearest of fixed random codes on the sphere is its label, e.g. for
/// masked prediction. What <see cref="Quantizer.Lookup"/> gives is the narrow code taken back by the pseudo-inverse of the matrix.
/// </summary>
/// <remarks>Source: Chiu et al. 2022, section 3.1 (arXiv 2202.01855).</remarks>
public sealed class RandomProjectionQuantizer : Quantizer
{
    private readonly Tensor projection, back, vectors; // [D, d], [d, D], [K, d]

    /// <param name="dim">D.</param>
    /// <param name="codeDim">d: at most D.</param>
    /// <param name="size">K.</param>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public RandomProjectionQuantizer(int dim, int codeDim, long size) : base(dim, nameof(RandomProjectionQuantizer))
    {
        if (codeDim < 1 || codeDim > dim) throw new ArgumentException($"Codes of {dim} channels can be narrowed to 1..{dim}, got {codeDim}.", nameof(codeDim));
        if (size < 1) throw new ArgumentException($"A codebook needs at least 1 code, got {size}.", nameof(size));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        projection = (randn(dim, codeDim) * Math.Sqrt(2.0 / (dim + codeDim))).DetachFromDisposeScope(); // Xavier
        back = linalg.pinv(projection).DetachFromDisposeScope();
        vectors = nn.functional.normalize(randn(size, codeDim), dim: 1).DetachFromDisposeScope();
        (string, Tensor)[] buffers = [("projection", projection), ("back", back), ("vectors", vectors)];
        foreach (var (name, buffer) in buffers) register_buffer(name, buffer);
        BookSizes = [size];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = NearestCode.Search(nn.functional.normalize(rows.detach().matmul(projection), dim: 1), vectors).unsqueeze(1);
        var values = LookupRows(codes);
        return new(training ? GradientEstimator.StraightThrough.Apply(rows, values) : values, codes, zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => vectors.index_select(0, codes.squeeze(1)).matmul(back);

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
