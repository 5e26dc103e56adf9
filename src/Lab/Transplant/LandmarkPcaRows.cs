using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// Both spaces are reduced to their principal components over the anchors, turned onto each other by the orthogonal map
/// that fits the anchors best, and new rows take the way from the donor's space to the base's.
/// </summary>
/// <remarks>
/// After github.com/arcee-ai/mergekit, mergekit/tokensurgeon/pca.py. The map is Procrustes' solution (Schönemann 1966):
/// A R is nearest to B for R = U V^T, where A^T B = U S V^T.
/// </remarks>
public sealed class LandmarkPcaRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "landmark PCA";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var (donor, rows) = problem.AnchorRows();
        var components = Math.Min(Math.Min(donor.shape[1], rows.shape[1]), donor.shape[0]);
        var (donorMean, donorAxes) = PrincipalAxes.Of(donor, components);
        var (baseMean, baseAxes) = PrincipalAxes.Of(rows, components);
        var (from, to) = ((donor - donorMean).matmul(donorAxes), (rows - baseMean).matmul(baseAxes)); // [m, p]
        var map = Procrustes(from, to);
        return ((problem.Donor(problem.New) - donorMean).matmul(donorAxes).matmul(map).matmul(baseAxes.t()) + baseMean).MoveToOuterDisposeScope();
    }

    /// <summary>The orthogonal map R with the smallest |A R - B|.</summary>
    /// <param name="a">[m, p].</param>
    /// <param name="b">[m, p].</param>
    /// <returns>[p, p].</returns>
    internal static Tensor Procrustes(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        var (u, _, vh) = linalg.svd(a.t().matmul(b), fullMatrices: false);
        return u.matmul(vh).MoveToOuterDisposeScope();
    }
}

/// <summary>Principal component analysis.</summary>
internal static class PrincipalAxes
{
    /// <param name="rows">[n, d].</param>
    /// <param name="components">How many axes, at most min(n, d).</param>
    /// <returns>The mean [1, d] and the axes as columns [d, components], those of largest variance first.</returns>
    public static (Tensor Mean, Tensor Axes) Of(Tensor rows, long components)
    {
        using var scope = NewDisposeScope();
        var mean = rows.mean([0], keepdim: true);
        var (_, _, vh) = linalg.svd(rows - mean, fullMatrices: false);
        return (mean.MoveToOuterDisposeScope(), vh.narrow(0, 0, components).t().contiguous().MoveToOuterDisposeScope());
    }
}
