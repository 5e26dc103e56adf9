using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Every channel on its own goes to the nearest value of one fixed table; nothing is learned.</summary>
public abstract class ScalarTableQuantizer : Quantizer
{
    private readonly Tensor middles; // [B - 1]: where one value's cell ends and the next one's begins

    /// <param name="dim">Width of a vector.</param>
    /// <param name="table">[B] float64, rising.</param>
    /// <param name="name">Of the module.</param>
    private protected ScalarTableQuantizer(int dim, Tensor table, string name) : base(dim, name)
    {
        using (table)
        using (NewDisposeScope())
        {
            var levels = table.shape[0];
            BookSizes = [.. Enumerable.Repeat(levels, dim)];
            Values = table.to(ScalarType.Float32).DetachFromDisposeScope();
            middles = ((table.narrow(0, 0, levels - 1) + table.narrow(0, 1, levels - 1)) / 2).to(ScalarType.Float32).DetachFromDisposeScope();
        }
        register_buffer("values", Values, persistent: false);
        register_buffer("middles", middles, persistent: false);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>What codes stand for. [B], rising, inside the range.</summary>
    public Tensor Values { get; }

    /// <inheritdoc/>
    /// <remarks>The nearest value, which near the borders of quantiles is not always their own. Who trains through it gets straight-through gradients.</remarks>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = bucketize(rows.detach().contiguous(), middles); // [N, D]
        var values = Values[codes].to(rows.dtype);
        return new(training ? rows + (values - rows).detach() : values, codes, zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => Values[codes];

    /// <exception cref="ArgumentException">Fewer than 1 level, or a range that is not above 0.</exception>
    private protected static void Check(int levels, double range)
    {
        if (levels < 1) throw new ArgumentException($"A channel needs at least 1 level, got {levels}.", nameof(levels));
        if (!(range > 0 && double.IsFinite(range))) throw new ArgumentException($"The range must be above 0, got {range}.", nameof(range));
    }

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Values at equal distances: the middles of as many equal cells between both ends of the range.</summary>
/// <param name="dim">Width of a vector.</param>
/// <param name="levels">Values per channel.</param>
/// <param name="range">Latents beyond it get the last code.</param>
/// <exception cref="ArgumentException">Fewer than 1 level, or a range that is not above 0.</exception>
public sealed class UniformScalarQuantizer(int dim, int levels, double range) : ScalarTableQuantizer(dim, Table(levels, range), nameof(UniformScalarQuantizer))
{
    private static Tensor Table(int levels, double range)
    {
        Check(levels, range);
        using var scope = NewDisposeScope();
        return ((2 * arange(0, levels, ScalarType.Float64) + 1 - levels) / levels * range).MoveToOuterDisposeScope();
    }
}
