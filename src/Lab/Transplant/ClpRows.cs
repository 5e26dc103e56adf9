using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// A new row is a mean of all anchors' base rows, weighted by the cosines in the donor's space; negative ones are cut off.
/// A token without any positive cosine gets the plain mean.
/// </summary>
/// <remarks>Source: Ostendorff and Rehm 2023, section 3 (arXiv 2301.09626).</remarks>
public sealed class ClpRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "CLP";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var (donor, rows) = problem.AnchorRows();
        var weights = Cosines.Of(problem.Donor(problem.New), donor).clamp_min(0); // [N, m]
        var total = weights.sum(1, keepdim: true);
        weights = where(total > 0, weights / total.clamp_min(double.Epsilon), 1.0 / donor.shape[0]);
        return weights.matmul(rows).MoveToOuterDisposeScope();
    }
}

/// <summary>Angles between rows.</summary>
internal static class Cosines
{
    /// <param name="a">[n, d].</param>
    /// <param name="b">[m, d].</param>
    /// <returns>[n, m]; 0 for rows of length 0.</returns>
    public static Tensor Of(Tensor a, Tensor b) => Unit(a).matmul(Unit(b).t());

    private static Tensor Unit(Tensor rows) => rows / rows.norm(1, keepdim: true).clamp_min(1e-12);
}
