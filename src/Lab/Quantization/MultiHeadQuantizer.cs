using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Several heads with one book: the vector is cut into slices, and all slices choose from the same codes. With a book for each it is a <see cref="ProductQuantizer"/>.</summary>
/// <remarks>Source: github.com/lucidrains/vector-quantize-pytorch, option <c>heads</c> with a shared book.</remarks>
public sealed class MultiHeadQuantizer : Quantizer
{
    private readonly Quantizer head;
    private readonly int heads;

    /// <param name="head">As wide as a slice; owned by this module from now on.</param>
    /// <param name="heads">Slices.</param>
    /// <exception cref="ArgumentException">No head.</exception>
    public MultiHeadQuantizer(Quantizer head, int heads)
        : base(heads >= 1 ? heads * head.Dim : throw new ArgumentException($"There must be at least 1 head, got {heads}.", nameof(heads)), nameof(MultiHeadQuantizer))
    {
        (this.head, this.heads) = (head, heads);
        BookSizes = [.. Enumerable.Range(0, heads).SelectMany(_ => head.BookSizes)];
        register_module("head", head);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var (values, codes, loss) = head.QuantizeRows(rows.reshape(-1, head.Dim)); // [N heads, d]
        return new(values.view(-1, Dim), codes.view(-1, BookSizes.Count), loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => head.LookupRows(codes.reshape(codes.shape[0] * heads, -1)).view(-1, Dim);

    /// <summary>The head is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
