using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>What a prior reads: the embeddings of a position's codes side by side, mapped to its width.</summary>
/// <remarks>Source: FQGAN, section 3.3 (arXiv 2411.16681).</remarks>
public sealed class JoinedCodes : nn.Module<Tensor, Tensor>
{
    private readonly Embedding[] tables;
    private readonly Linear? join;

    /// <param name="bookSizes">Codes of every book.</param>
    /// <param name="dim">D.</param>
    public JoinedCodes(IReadOnlyList<long> bookSizes, int dim) : base(nameof(JoinedCodes))
    {
        tables = [.. bookSizes.Select(size => Layers.Embedding(size, dim))];
        join = bookSizes.Count > 1 ? Layers.Linear(bookSizes.Count * dim, dim) : null;
        for (var book = 0; book < tables.Length; book++) register_module($"table{book}", tables[book]);
        if (join is not null) register_module("join", join);
    }

    /// <param name="codes">[..., M] int64.</param>
    /// <returns>[..., D].</returns>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var joined = cat([.. tables.Select((table, book) => table.call(codes.select(-1, book)))], -1);
        return (join is null ? joined : join.call(joined)).MoveToOuterDisposeScope();
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
