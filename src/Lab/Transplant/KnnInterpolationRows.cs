using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>How the nearest anchors are weighted.</summary>
public enum KnnWeights
{
    /// <summary>By the inverse of the distance.</summary>
    InverseDistance,

    /// <summary>By the least squares that sum to 1.</summary>
    Barycentric,
}

/// <summary>A new row is a weighted sum of the base rows of the k anchors that are nearest in the donor's space.</summary>
/// <param name="k">Anchors.</param>
/// <remarks>Source: github.com/arcee-ai/mergekit, mergekit/tokensurgeon/common_interpolation.py.</remarks>
public sealed class KnnInterpolationRows(int k) : ITransplantStrategy
{
    private const double Nearest = 1e-6; // an anchor on the very place gets almost all weight
    private const double Ridge = 1e-8; // more neighbours than dimensions leave the barycentric weights open: the smallest are taken

    /// <summary>How near: by Euclid's distance, or by 1 minus the cosine.</summary>
    public bool Cosine { get; init; }

    /// <summary>How the neighbours are weighted.</summary>
    public KnnWeights Weights { get; init; }

    /// <inheritdoc/>
    public string Name => $"kNN-{k}{(Cosine ? ", cosine" : "")}{(Weights == KnnWeights.Barycentric ? ", barycentric" : "")}";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Fewer anchors than neighbours.</exception>
    public Tensor NewRows(TransplantProblem problem)
    {
        if (k < 1 || k > problem.Anchors.Count) throw new ArgumentException($"There are {problem.Anchors.Count} anchors, so k lies in 1 .. {problem.Anchors.Count}, got {k}.", nameof(problem));
        using var scope = NewDisposeScope();
        var (donor, rows) = problem.AnchorRows();
        var targets = problem.Donor(problem.New);
        var distances = Cosine ? 1 - Cosines.Of(targets, donor) : cdist(targets, donor, 2);
        var (nearest, indices) = distances.topk(k, dim: 1, largest: false);
        var weights = Weights == KnnWeights.InverseDistance ? Inverse(nearest) : Barycentric(targets, donor[indices]);
        return (weights.unsqueeze(-1) * rows[indices]).sum(1).MoveToOuterDisposeScope();
    }

    private static Tensor Inverse(Tensor distances)
    {
        var weights = 1 / distances.clamp_min(Nearest);
        return weights / weights.sum(1, keepdim: true);
    }

    /// <summary>Weights w of sum 1 with the smallest |y - sum w_j a_j|: the Gram matrix of the differences a_j - y, solved for ones.</summary>
    /// <param name="targets">[n, d].</param>
    /// <param name="neighbours">[n, k, d].</param>
    /// <returns>[n, k].</returns>
    internal static Tensor Barycentric(Tensor targets, Tensor neighbours)
    {
        using var scope = NewDisposeScope();
        var differences = neighbours - targets.unsqueeze(1);
        var gram = differences.matmul(differences.transpose(1, 2)); // [n, k, k]
        var size = gram.diagonal(0, 1, 2).mean([1]).clamp_min(1e-12).view(-1, 1, 1);
        var ridge = eye(gram.shape[1], dtype: gram.dtype, device: gram.device) * (size * Ridge);
        var weights = linalg.solve(gram + ridge, ones([gram.shape[0], gram.shape[1], 1], gram.dtype, gram.device)).squeeze(-1);
        return (weights / weights.sum(1, keepdim: true)).MoveToOuterDisposeScope();
    }
}
