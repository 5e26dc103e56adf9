using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Product quantization: the vector is cut into slices, each with a codebook of its own.</summary>
/// <remarks>Source: Jegou et al. 2011, "Product Quantization for Nearest Neighbor Search".</remarks>
public sealed class ProductQuantizer : Quantizer
{
    private readonly VectorQuantizer[] parts;
    private readonly GradientEstimator estimator;

    /// <param name="parts">M quantizers, one of every slice; owned by this module from now on.</param>
    /// <param name="estimator">Of the whole; null: straight-through.</param>
    /// <exception cref="ArgumentException">No part.</exception>
    public ProductQuantizer(IReadOnlyList<VectorQuantizer> parts, GradientEstimator? estimator = null)
        : base(parts.Count > 0 ? parts.Sum(part => part.Dim) : throw new ArgumentException("A product quantizer needs at least 1 part.", nameof(parts)), nameof(ProductQuantizer))
    {
        this.parts = [.. parts];
        this.estimator = GradientEstimator.For(estimator, parts.Select(part => part.Codebook));
        BookSizes = [.. parts.Select(part => part.Codebook.Size)];
        for (var i = 0; i < this.parts.Length; i++) register_module($"part{i}", this.parts[i]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>The slices' width: D cut into M equal ones.</summary>
    /// <exception cref="ArgumentException">M does not divide D.</exception>
    public static int SliceOf(int dim, int books) => books >= 1 && dim % books == 0
        ? dim / books
        : throw new ArgumentException($"{books} slices do not divide a width of {dim}.", nameof(books));

    /// <summary>Moves every code to the mean of the vectors it is nearest to, once.</summary>
    /// <param name="rows">[N, D].</param>
    internal void Refine(Tensor rows)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (part, slice) in parts.Zip(Slices(rows))) part.Codebook.Replace(KMeans.Refine(slice, part.Codebook.Vectors));
    }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var assigned = parts.Zip(Slices(rows), (part, slice) => part.Assign(slice)).ToArray();
        var (z, q) = (cat([.. assigned.Select(a => a.Compared)], 1), cat([.. assigned.Select(a => a.Vectors)], 1));
        var loss = stack([.. assigned.Select(a => a.Loss)]).mean();
        return new(training ? estimator.Apply(z, q) : q, cat([.. assigned.Select(a => a.Codes)], 1), loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => cat([.. parts.Select((part, i) => part.LookupRows(codes.narrow(1, i, 1)))], 1);

    private Tensor[] Slices(Tensor rows) => rows.split([.. parts.Select(part => (long)part.Dim)], 1);

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
