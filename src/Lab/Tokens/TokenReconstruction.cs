using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>What the weights of a reconstruction are divided by.</summary>
public enum WeightNorm
{
    /// <summary>Their sum: tokens are means of clusters.</summary>
    L1,

    /// <summary>Their Euclidean norm, as the released code does. A layer norm that follows at once hides the difference.</summary>
    L2,
}

/// <summary>How every token is put together from the clusters that were most similar to it when they were made.</summary>
/// <param name="Nearest">k: clusters that count; more than k if they are equally similar.</param>
/// <param name="Tau">Multiplies squared distances.</param>
/// <param name="Norm">Of a token's weights.</param>
/// <remarks>Source: Liang et al. 2022, section 3 (arXiv 2210.01035); ops/reconstruction.py of the reference repositories.</remarks>
public sealed record TokenReconstruction(int Nearest, double Tau, WeightNorm Norm = WeightNorm.L1)
{
    /// <summary>k.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Nearest { get; init; } = Checked(Nearest);

    /// <summary>Multiplies squared distances.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public double Tau { get; init; } = Checked(Tau);

    /// <summary>The weights of clusters in tokens.</summary>
    /// <param name="tokens">Z [B, N, C], when clusters were made.</param>
    /// <param name="centres">S [B, n, C], at the same time.</param>
    /// <returns>w [B, N, n].</returns>
    public Tensor Weights(Tensor tokens, Tensor centres)
    {
        using var scope = NewDisposeScope();
        var distances = centres.square().sum([2L]).unsqueeze(1) - 2 * tokens.matmul(centres.transpose(1, 2)); // but for |Z|^2, the same in a row
        var weights = (-Tau * (distances - distances.amin([2L], keepdim: true))).exp(); // the nearest has weight 1: no row can underflow to nothing
        var least = weights.topk((int)Math.Min(Nearest, centres.shape[1]), 2).values.amin([2L], keepdim: true);
        var kept = weights * (weights >= least);
        return nn.functional.normalize(kept, Norm == WeightNorm.L1 ? 1 : 2, 2).MoveToOuterDisposeScope();
    }

    internal static double Checked(double tau) =>
        tau > 0 && double.IsFinite(tau) ? tau : throw new ArgumentOutOfRangeException(nameof(tau), tau, "Tau multiplies distances and is above 0.");

    internal static int Checked(int nearest) =>
        nearest >= 1 ? nearest : throw new ArgumentOutOfRangeException(nameof(nearest), nearest, "A token needs at least 1 cluster to come back from.");
}
