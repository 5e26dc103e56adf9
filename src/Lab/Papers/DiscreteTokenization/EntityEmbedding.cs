using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>Vectors of a graph's entities: learned for each, or composed from its code.</summary>
/// <param name="name">Of the module.</param>
public abstract class EntityEmbedding(string name) : nn.Module(name)
{
    private protected const double Deviation = 0.5;

    /// <summary>Numbers that stand for entities: what a graph of more entities would need more of, and what codes share.</summary>
    public abstract long Numbers { get; }

    /// <summary>One vector per entity.</summary>
    /// <returns>[N, d].</returns>
    public abstract Tensor Vectors();

    private protected Parameter Table(string parameter, long rows, long dim)
    {
        var table = new Parameter((randn(rows, dim) * Deviation).DetachFromDisposeScope());
        register_parameter(parameter, table);
        return table;
    }

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>A row of a table for every entity.</summary>
public sealed class TableEmbedding : EntityEmbedding
{
    private readonly Parameter entities;

    /// <param name="count">N.</param>
    /// <param name="dim">d.</param>
    public TableEmbedding(int count, int dim) : base(nameof(TableEmbedding)) => entities = Table("entities", count, dim);

    /// <inheritdoc/>
    public override long Numbers => entities.numel();

    /// <inheritdoc/>
    public override Tensor Vectors() => entities.alias();
}

/// <summary>
/// GART: the anchors of an entity's code, each with its distance, and the relations go through a small network. Its
/// vocabulary does not grow with the graph.
/// </summary>
/// <remarks>Source: NodePiece, section 3 (arXiv 2106.12144).</remarks>
public sealed class GraphAnchorTokenizer : EntityEmbedding
{
    private readonly Parameter? anchors, distances;
    private readonly Parameter relations; // [2 R + 1, d], the scorer's too
    private readonly Tensor anchorCodes, distanceCodes, relationCodes; // [N, k], [N, k], [N, m]
    private readonly Sequential compose;

    /// <param name="codes">Of every entity.</param>
    /// <param name="relations">[2 R + 1, d], shared with the scorer, whose parameter it stays.</param>
    /// <param name="hidden">Width of the network.</param>
    /// <param name="useDistances">Random anchors have none that tell anything.</param>
    public GraphAnchorTokenizer(GraphCodes codes, Parameter relations, int hidden, bool useDistances) : base(nameof(GraphAnchorTokenizer))
    {
        var dim = relations.shape[1];
        this.relations = relations;
        (anchorCodes, distanceCodes, relationCodes) = (Codes("anchor_codes", codes.AnchorCodes), Codes("distance_codes", codes.Distances), Codes("relation_codes", codes.RelationCodes));
        var parts = anchorCodes.shape[1] + relationCodes.shape[1];
        if (anchorCodes.shape[1] > 0) anchors = Table("anchors", codes.Anchors.Count, dim);
        if (anchors is not null && useDistances) distances = Table("distances", GraphCodes.DistanceCount, dim);
        compose = nn.Sequential(nn.Linear(parts * dim, hidden), nn.ReLU(), nn.Linear(hidden, dim));
        register_module("compose", compose);
    }

    /// <inheritdoc/>
    public override long Numbers => parameters().Sum(p => p.numel()) + relations.numel();

    /// <inheritdoc/>
    public override Tensor Vectors()
    {
        using var scope = NewDisposeScope();
        var tokens = Rows(relations, relationCodes); // [N, m, d]
        if (anchors is not null)
        {
            var nothing = zeros(1, anchors.shape[1], device: anchors.device);
            var near = Rows(cat([anchors, nothing]), anchorCodes);
            tokens = cat([distances is null ? near : near + Rows(distances, distanceCodes), tokens], 1); // [N, k + m, d]
        }
        return compose.call(tokens.flatten(1)).MoveToOuterDisposeScope();
    }

    private static Tensor Rows(Tensor table, Tensor codes) => table.index_select(0, codes.flatten()).view(codes.shape[0], codes.shape[1], table.shape[1]);

    private Tensor Codes(string buffer, IReadOnlyList<int[]> codes)
    {
        long[] values = [.. codes.SelectMany(code => code)], shape = [codes.Count, codes[0].Length];
        var table = (values.Length == 0 ? empty(shape, ScalarType.Int64) : tensor(values, shape)).DetachFromDisposeScope();
        register_buffer(buffer, table);
        return table;
    }
}
