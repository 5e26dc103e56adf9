using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>
/// Scores facts: entities are complex vectors, a relation turns each of their components by an angle, and a fact is as
/// likely as the turned head is near to the tail.
/// </summary>
/// <remarks>Source: Sun et al. 2019, section 3 (arXiv 1902.10197).</remarks>
public sealed class RotatE : nn.Module
{
    private const double Margin = 6;

    private readonly Parameter relations; // [2 R + 1, d]

    /// <param name="relationCount">R.</param>
    /// <param name="dim">d: two numbers per complex one.</param>
    /// <param name="entities">Makes the vectors of the entities, perhaps with the relations' ones; owned by this module from now on.</param>
    /// <exception cref="ArgumentException">An odd width.</exception>
    public RotatE(int relationCount, int dim, Func<Parameter, EntityEmbedding> entities) : base(nameof(RotatE))
    {
        if (dim < 2 || dim % 2 != 0) throw new ArgumentException($"Complex vectors have an even width, got {dim}.", nameof(dim));
        using (NewDisposeScope()) relations = new Parameter(randn(2 * relationCount + 1, dim).DetachFromDisposeScope());
        Entities = entities(relations);
        register_parameter("relations", relations);
        register_module("entities", Entities);
    }

    /// <summary>Vectors of the entities.</summary>
    public EntityEmbedding Entities { get; }

    /// <summary>How likely each entity is the other end of a fact.</summary>
    /// <param name="vectors">[N, d], of all entities.</param>
    /// <param name="known">[B] int64, the end that is known.</param>
    /// <param name="relation">[B] int64.</param>
    /// <param name="inverse">The tail is known and the head is asked for.</param>
    /// <returns>[B, N]: the margin less the distance.</returns>
    public Tensor Scores(Tensor vectors, Tensor known, Tensor relation, bool inverse)
    {
        using var scope = NewDisposeScope();
        var (re, im) = Halves(vectors.index_select(0, known)); // [B, d / 2]
        var (c, s) = Halves(relations.index_select(0, relation));
        var length = (c.square() + s.square() + 1e-12).sqrt(); // a shared vector turns by its angle alone
        (c, s) = (c / length, inverse ? -s / length : s / length);
        var turned = cat([re * c - im * s, re * s + im * c], 1); // [B, d]
        var squared = turned.square().sum(1, keepdim: true) - 2 * turned.matmul(vectors.t()) + vectors.square().sum(1);
        return (Margin - squared.clamp_min(1e-9).sqrt()).MoveToOuterDisposeScope();
    }

    private static (Tensor Re, Tensor Im) Halves(Tensor rows)
    {
        var half = rows.shape[1] / 2;
        return (rows.narrow(1, 0, half), rows.narrow(1, half, half));
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
