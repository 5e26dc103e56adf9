using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Codes of few channels for wide vectors: a linear map before the quantizer, and one behind. Narrow codes are used more evenly.</summary>
/// <remarks>Source: Yu et al. 2021, section 3.2 (arXiv 2110.04627).</remarks>
public sealed class ProjectedQuantizer : Quantizer
{
    private readonly Quantizer inner;
    private readonly Linear down, up;

    /// <param name="dim">D.</param>
    /// <param name="inner">Of any kind and width; owned by this module from now on.</param>
    public ProjectedQuantizer(int dim, Quantizer inner) : base(dim, nameof(ProjectedQuantizer))
    {
        this.inner = inner;
        (down, up) = (nn.Linear(dim, inner.Dim), nn.Linear(inner.Dim, dim));
        register_module("down", down);
        register_module("inner", inner);
        register_module("up", up);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => inner.BookSizes;

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var (values, codes, loss) = inner.QuantizeRows(down.call(rows));
        return new(up.call(values), codes, loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => up.call(inner.LookupRows(codes));

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
