using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// A fixed random rotation before a quantizer and its inverse behind: where channels differ in spread, or a few carry everything, all channels of a grid or of signs get
/// about the same to do, without a loss that asks for it.
/// </summary>
/// <remarks>Source: Chee et al. 2023, section 4 (arXiv 2307.13304), there for weights.</remarks>
public sealed class RotatedQuantizer : Quantizer
{
    private readonly Quantizer inner;
    private readonly Tensor rotation; // [D, D], orthogonal

    /// <param name="inner">Of any kind; owned by this module from now on.</param>
    /// <remarks>Draws the rotation from torch's own generator.</remarks>
    public RotatedQuantizer(Quantizer inner) : base(inner.Dim, nameof(RotatedQuantizer))
    {
        this.inner = inner;
        rotation = nn.init.orthogonal_(empty(Dim, Dim)).DetachFromDisposeScope();
        register_module("inner", inner);
        register_buffer("rotation", rotation);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => inner.BookSizes;

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var turned = inner.QuantizeRows(rows.matmul(rotation));
        return turned with { Values = turned.Values.matmul(rotation.t()) };
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => inner.LookupRows(codes).matmul(rotation.t());

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
