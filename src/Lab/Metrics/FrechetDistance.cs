using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>
/// Squared Frechet distance between two clouds of vectors, each taken as a normal distribution:
/// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2). With Inception's features of pictures this is the FID.
/// </summary>
/// <remarks>Source: Dowson and Landau 1982; for pictures Heusel et al. 2017 (arXiv 1706.08500).</remarks>
public static class FrechetDistance
{
    /// <summary>Of two samples. With fewer than many times D vectors it is biased upward: compare only at equal numbers.</summary>
    /// <param name="first">[N, D], at least two vectors.</param>
    /// <param name="second">[M, D], at least two vectors.</param>
    /// <returns>0 or more; symmetric.</returns>
    /// <exception cref="ArgumentException">Other shapes, or fewer than two vectors.</exception>
    public static double Between(Tensor first, Tensor second)
    {
        if (first.dim() != 2 || second.dim() != 2 || first.shape[1] != second.shape[1] || first.shape[0] < 2 || second.shape[0] < 2)
            throw new ArgumentException($"Two clouds of at least 2 vectors [N, D] are needed, got [{string.Join(", ", first.shape)}] and [{string.Join(", ", second.shape)}].", nameof(second));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (a, b) = (first.to(ScalarType.Float64), second.to(ScalarType.Float64));
        return Between(a.mean([0]), Covariance(a), b.mean([0]), Covariance(b));
    }

    /// <summary>Of two normal distributions.</summary>
    /// <param name="mean1">[D], float64.</param>
    /// <param name="covariance1">[D, D], symmetric.</param>
    /// <param name="mean2">[D].</param>
    /// <param name="covariance2">[D, D].</param>
    public static double Between(Tensor mean1, Tensor covariance1, Tensor mean2, Tensor covariance2)
    {
        using var scope = NewDisposeScope();
        var root = Root(covariance1);
        var (values, _) = linalg.eigh(root.matmul(covariance2).matmul(root));
        var shared = values.clamp_min(0).sqrt().sum();
        var distance = (mean1 - mean2).square().sum() + covariance1.trace() + covariance2.trace() - 2 * shared;
        return Math.Max(0, distance.item<double>());
    }

    private static Tensor Covariance(Tensor vectors)
    {
        var centred = vectors - vectors.mean([0]);
        return centred.t().matmul(centred) / (vectors.shape[0] - 1);
    }

    private static Tensor Root(Tensor covariance)
    {
        var (values, axes) = linalg.eigh(covariance);
        return (axes * values.clamp_min(0).sqrt()).matmul(axes.t());
    }
}
