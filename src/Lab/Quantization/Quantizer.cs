using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>What all quantizers share: shapes, masks and the refusal of bad input. A kind quantizes rows.</summary>
public abstract class Quantizer : nn.Module<Tensor, Quantized>, IQuantizer
{
    /// <param name="dim">Width of a vector.</param>
    /// <param name="name">Of the module.</param>
    /// <exception cref="ArgumentException">A width below 1.</exception>
    protected Quantizer(int dim, string name) : base(name)
    {
        if (dim < 1) throw new ArgumentException($"Vectors need a width of at least 1, got {dim}.", nameof(dim));
        Dim = dim;
    }

    /// <inheritdoc/>
    public int Dim { get; }

    /// <inheritdoc/>
    public abstract IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    public double BitsPerVector => BookSizes.Sum(size => Math.Log2(size));

    /// <inheritdoc cref="IQuantizer.Quantize"/>
    public override Quantized forward(Tensor z) => Quantize(z);

    /// <inheritdoc/>
    public Quantized Quantize(Tensor z, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        Check(z, mask);
        var leading = z.shape[..^1];
        var rows = z.reshape(-1, Dim);
        if (mask is null)
        {
            var all = QuantizeRows(rows);
            return new Quantized(all.Values.reshape(z.shape), all.Codes.reshape([.. leading, -1]), all.Loss).MoveToOuterScope();
        }

        var kept = mask.reshape(-1).nonzero().squeeze(1); // [N]
        var some = QuantizeRows(rows.index_select(0, kept));
        var values = zeros_like(rows).index_copy(0, kept, some.Values);
        var codes = full([rows.shape[0], some.Codes.shape[1]], -1, ScalarType.Int64, rows.device).index_copy(0, kept, some.Codes);
        return new Quantized(values.reshape(z.shape), codes.reshape([.. leading, -1]), some.Loss).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public Tensor Lookup(Tensor codes)
    {
        using var scope = NewDisposeScope();
        Check(codes);
        return LookupRows(codes.reshape(-1, codes.shape[^1])).reshape([.. codes.shape[..^1], Dim]).MoveToOuterDisposeScope();
    }

    /// <param name="rows">[N, D], N at least 1.</param>
    /// <returns>[N, D], [N, M] and the loss.</returns>
    protected internal abstract Quantized QuantizeRows(Tensor rows);

    /// <param name="codes">[N, M], each in its book.</param>
    /// <returns>[N, D].</returns>
    protected internal abstract Tensor LookupRows(Tensor codes);

    /// <summary>Fewer codes than books are allowed.</summary>
    protected virtual bool TakesPrefixes => false;

    private void Check(Tensor z, Tensor? mask)
    {
        if (z.dim() < 1 || z.shape[^1] != Dim) throw new ArgumentException($"Vectors must be {Dim} wide, got the shape [{string.Join(", ", z.shape)}].", nameof(z));
        if (z.numel() == 0) throw new ArgumentException($"There is no vector in the shape [{string.Join(", ", z.shape)}].", nameof(z));
        if (z.isfinite().logical_not().sum().item<long>() is > 0 and var wrong) throw new ArgumentException($"{wrong} of {z.numel()} values are not finite numbers.", nameof(z));
        if (mask is null) return;
        if (mask.dtype != ScalarType.Bool || !mask.shape.SequenceEqual(z.shape[..^1]))
            throw new ArgumentException($"A mask must be bool of shape [{string.Join(", ", z.shape[..^1])}], got {mask.dtype} of shape [{string.Join(", ", mask.shape)}].", nameof(mask));
        if (!mask.any().item<bool>()) throw new ArgumentException("The mask leaves no vector.", nameof(mask));
    }

    private void Check(Tensor codes)
    {
        var books = codes.dim() == 0 ? 0 : codes.shape[^1];
        if (codes.dtype != ScalarType.Int64) throw new ArgumentException($"Codes must be int64, got {codes.dtype}.", nameof(codes));
        if (books < 1 || books > BookSizes.Count || (books < BookSizes.Count && !TakesPrefixes))
            throw new ArgumentException($"There must be {BookSizes.Count} codes per vector, got the shape [{string.Join(", ", codes.shape)}].", nameof(codes));
        if (codes.numel() == 0) throw new ArgumentException($"There is no code in the shape [{string.Join(", ", codes.shape)}].", nameof(codes));
        for (var book = 0; book < books; book++)
        {
            var column = codes.select(-1, book);
            var (least, most) = (column.min().item<long>(), column.max().item<long>());
            if (least < 0 || most >= BookSizes[book])
                throw new ArgumentException($"Codes of book {book} must lie in 0..{BookSizes[book] - 1}, got {(least < 0 ? least : most)}.", nameof(codes));
        }
    }
}
