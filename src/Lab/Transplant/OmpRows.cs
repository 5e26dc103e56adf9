using Lab.Data;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// A new row is the same sparse sum of anchors as in the donor's space: its donor row as a sum of a few anchors' donor
/// rows, then the same coefficients on these anchors' base rows.
/// </summary>
/// <param name="k">Anchors per token.</param>
/// <remarks>Source: Goddard and Fernandes Neto 2025 (arXiv 2506.06607). Nothing is centred, normalised or rescaled.</remarks>
public sealed class OmpRows(int k) : ITransplantStrategy
{
    /// <summary>Choose anchors by the cosine instead of the inner product.</summary>
    public bool UnitAtoms { get; init; }

    /// <summary>
    /// A control: every anchor gives the base row of another, drawn with this seed. If the two spaces had nothing in common,
    /// this would do as well.
    /// </summary>
    public long? PermutationSeed { get; init; }

    /// <inheritdoc/>
    public string Name => $"OMP k={k}{(UnitAtoms ? ", unit atoms" : "")}{(PermutationSeed is null ? "" : ", permuted anchors")}";

    /// <summary>The new tokens as sums of anchors. Indices count in <see cref="TransplantProblem.Anchors"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">k above the number of anchors or the donor's width.</exception>
    public SparseCodes Codes(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var codes = OrthogonalMatchingPursuit.Solve(problem.Donor(problem.New), problem.AnchorRows().Donor, k, UnitAtoms);
        return new(codes.Indices.MoveToOuterDisposeScope(), codes.Coefficients.MoveToOuterDisposeScope(), codes.Residuals.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var anchors = problem.Vocabularies.BaseIds(problem.Anchors);
        if (PermutationSeed is { } seed) new CounterRandom(seed, 0).Shuffle<int>(anchors);
        return Codes(problem).Combine(problem.Base(anchors)).MoveToOuterDisposeScope();
    }
}
