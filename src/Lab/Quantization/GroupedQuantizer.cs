using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Slices of the vector, each with a quantizer of any kind: with residual ones it is grouped residual quantization.</summary>
/// <remarks>Source: Yang et al. 2023, section 3.2 (arXiv 2305.02765).</remarks>
public sealed class GroupedQuantizer : Quantizer
{
    private readonly Quantizer[] groups;

    /// <param name="groups">One of every slice, first to last; owned by this module from now on.</param>
    /// <exception cref="ArgumentException">No group.</exception>
    public GroupedQuantizer(IReadOnlyList<Quantizer> groups)
        : base(groups.Count > 0 ? groups.Sum(group => group.Dim) : throw new ArgumentException("A grouped quantizer needs at least 1 group.", nameof(groups)), nameof(GroupedQuantizer))
    {
        this.groups = [.. groups];
        BookSizes = [.. groups.SelectMany(group => group.BookSizes)];
        for (var i = 0; i < this.groups.Length; i++) register_module($"group{i}", this.groups[i]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        Quantized[] made = [.. groups.Zip(rows.split([.. groups.Select(group => (long)group.Dim)], 1), (group, slice) => group.QuantizeRows(slice))];
        return new(cat([.. made.Select(part => part.Values)], 1), cat([.. made.Select(part => part.Codes)], 1), stack([.. made.Select(part => part.Loss)]).mean());
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) =>
        cat([.. groups.Zip(codes.split([.. groups.Select(group => (long)group.BookSizes.Count)], 1), (group, own) => group.LookupRows(own))], 1);

    /// <summary>Groups are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
