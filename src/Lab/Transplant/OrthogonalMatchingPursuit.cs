using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>Vectors as sums of a few rows of a dictionary.</summary>
/// <param name="Indices">[n, k] int64: the chosen rows, in the order in which they were chosen.</param>
/// <param name="Coefficients">[n, k] float64.</param>
/// <param name="Residuals">[n, k] float64: what is left after each choice, as a share of the vector's length; 0 for the vector 0.</param>
public sealed record SparseCodes(Tensor Indices, Tensor Coefficients, Tensor Residuals)
{
    /// <summary>The same sums over the rows of another dictionary.</summary>
    /// <param name="rows">[m, d] float64, in the order of the dictionary that the codes were found in.</param>
    /// <returns>[n, d].</returns>
    public Tensor Combine(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return (Coefficients.unsqueeze(-1) * rows[Indices]).sum(1).MoveToOuterDisposeScope(); // [n, k, d] -> [n, d]
    }
}

/// <summary>
/// Orthogonal matching pursuit: the row that agrees most with what is left joins the sum, then all coefficients are solved
/// anew, k times. It runs on many vectors at once and keeps the QR factors of the chosen rows.
/// </summary>
/// <remarks>
/// Source: Pati, Rezaiifar and Krishnaprasad 1993; github.com/arcee-ai/mergekit, mergekit/tokensurgeon/omp.py. Gram and
/// Schmidt go twice in float64, which keeps Q orthogonal for any k and stands in for the reference's QR every 256 steps.
/// </remarks>
public static class OrthogonalMatchingPursuit
{
    private const int Batch = 512;
    private const double Smallest = 1e-8; // a chosen row that lies in the span of those before adds nothing instead of dividing by 0

    /// <summary>Finds the codes.</summary>
    /// <param name="targets">[n, d].</param>
    /// <param name="atoms">[m, d], the dictionary.</param>
    /// <param name="k">Rows per sum.</param>
    /// <param name="unitAtoms">Choose by the cosine. By default the inner product chooses, as in the reference, which favours long rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">k below 1, or above the number of rows or their width, where no further row can help.</exception>
    /// <exception cref="ArgumentException">No matrices of one width, or values that are not finite.</exception>
    public static SparseCodes Solve(Tensor targets, Tensor atoms, int k, bool unitAtoms = false)
    {
        Check(targets, atoms, k);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var dictionary = atoms.to(ScalarType.Float64);
        var selection = unitAtoms ? dictionary / dictionary.norm(1, keepdim: true).clamp_min(double.Epsilon) : dictionary;
        var parts = targets.to(ScalarType.Float64).split(Batch).Select(y => Pursue(y, dictionary, selection, k)).ToArray();
        return new(
            cat([.. parts.Select(part => part.Indices)]).MoveToOuterDisposeScope(),
            cat([.. parts.Select(part => part.Coefficients)]).MoveToOuterDisposeScope(),
            cat([.. parts.Select(part => part.Residuals)]).MoveToOuterDisposeScope());
    }

    private static SparseCodes Pursue(Tensor y, Tensor atoms, Tensor selection, int k)
    {
        var (n, d) = (y.shape[0], y.shape[1]);
        var used = zeros([n, atoms.shape[0]], ScalarType.Bool, y.device);
        var q = zeros([n, k, d], ScalarType.Float64, y.device); // orthonormal rows that span the chosen atoms
        var r = zeros([n, k, k], ScalarType.Float64, y.device); // chosen atoms = R^T Q
        var indices = zeros([n, k], ScalarType.Int64, y.device);
        var residuals = zeros([n, k], ScalarType.Float64, y.device);
        var (residual, length) = (y, y.norm(1));

        for (var t = 0; t < k; t++)
        {
            using var scope = NewDisposeScope();
            var scores = residual.matmul(selection.t()).abs().masked_fill(used, -1); // [n, m]
            var best = scores.argmax(1); // the first of equals
            used.scatter_(1, best.unsqueeze(1), ones_like(best.unsqueeze(1)).to(ScalarType.Bool));
            indices.select(1, t).copy_(best);

            var (left, projection) = Orthogonalize(atoms[best], q.narrow(1, 0, t));
            var norm = left.norm(1).clamp_min(Smallest);
            r.select(2, t).narrow(1, 0, t).copy_(projection);
            r.select(2, t).select(1, t).copy_(norm);
            q.select(1, t).copy_(left / norm.unsqueeze(1));

            var (next, _) = Orthogonalize(y, q.narrow(1, 0, t + 1));
            residuals.select(1, t).copy_(next.norm(1) / length.clamp_min(double.Epsilon));
            residual = next.MoveToOuterDisposeScope();
        }

        return new(indices, Solve(r, q.matmul(y.unsqueeze(-1)).squeeze(-1)), residuals);
    }

    /// <summary>What of vectors [n, d] is left beside orthonormal rows [n, t, d], and what is not, [n, t].</summary>
    private static (Tensor Left, Tensor Projection) Orthogonalize(Tensor vectors, Tensor rows)
    {
        var first = rows.matmul(vectors.unsqueeze(-1)); // [n, t, 1]
        var left = vectors - (rows.transpose(1, 2).matmul(first)).squeeze(-1);
        var second = rows.matmul(left.unsqueeze(-1)); // rounding errors of the first time
        return (left - rows.transpose(1, 2).matmul(second).squeeze(-1), (first + second).squeeze(-1));
    }

    /// <summary>The upper triangular systems R x = b, from the last unknown to the first.</summary>
    private static Tensor Solve(Tensor r, Tensor b)
    {
        var x = zeros_like(b);
        for (var t = (int)b.shape[1] - 1; t >= 0; t--)
        {
            using var scope = NewDisposeScope();
            var known = (r.select(1, t) * x).sum(1); // unknowns up to t are still 0
            x.select(1, t).copy_((b.select(1, t) - known) / r.select(1, t).select(1, t));
        }
        return x;
    }

    private static void Check(Tensor targets, Tensor atoms, int k)
    {
        if (targets.dim() != 2 || atoms.dim() != 2 || targets.shape[1] != atoms.shape[1] || targets.numel() == 0)
            throw new ArgumentException($"Targets [n, d] and atoms [m, d] have one width, got [{string.Join(", ", targets.shape)}] and [{string.Join(", ", atoms.shape)}].", nameof(targets));
        if (k < 1 || k > atoms.shape[0] || k > atoms.shape[1])
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k lies in 1 .. {Math.Min(atoms.shape[0], atoms.shape[1])}: there are {atoms.shape[0]} atoms of width {atoms.shape[1]}.");
        using var scope = NewDisposeScope();
        if (!targets.isfinite().all().item<bool>() || !atoms.isfinite().all().item<bool>())
            throw new ArgumentException("Targets and atoms must be finite, but some values are not.", nameof(targets));
    }
}
