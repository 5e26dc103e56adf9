using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>How well a linear map tells classes from vectors: what vectors know, without a network to find it out.</summary>
public static class RidgeProbe
{
    private const double Strength = 1e-2;

    /// <summary>Ridge regression of every class against the rest, fitted on the first half of the vectors and asked about the second.</summary>
    /// <param name="features">[N, D], N at least 4, in random order.</param>
    /// <param name="labels">[N] int64, 0 .. K-1.</param>
    /// <param name="classes">K.</param>
    /// <returns>Share of the second half whose class has the highest score.</returns>
    /// <exception cref="ArgumentException">Shapes that do not fit, or too few vectors.</exception>
    public static double Accuracy(Tensor features, Tensor labels, int classes)
    {
        if (features.dim() != 2 || labels.dim() != 1 || features.shape[0] != labels.shape[0] || features.shape[0] < 4)
            throw new ArgumentException($"Vectors [N, D] go with classes [N], N at least 4; got [{string.Join(", ", features.shape)}] and [{string.Join(", ", labels.shape)}].", nameof(features));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var half = features.shape[0] / 2;
        var x = features.to(ScalarType.Float64);
        var (mean, deviation) = (x.narrow(0, 0, half).mean([0L], keepdim: true), x.narrow(0, 0, half).std([0L], keepdim: true).clamp_min(1e-8));
        x = (x - mean) / deviation;
        var (known, asked) = (x.narrow(0, 0, half), x.narrow(0, half, features.shape[0] - half));

        var targets = nn.functional.one_hot(labels.narrow(0, 0, half), classes).to(ScalarType.Float64);
        var offset = targets.mean([0L], keepdim: true);
        var gram = known.t().matmul(known) + Strength * half * eye(x.shape[1], dtype: ScalarType.Float64, device: x.device);
        var weights = linalg.solve(gram, known.t().matmul(targets - offset)); // [D, K]
        var guesses = (asked.matmul(weights) + offset).argmax(1);
        return (guesses == labels.narrow(0, half, guesses.shape[0])).to(ScalarType.Float64).mean().item<double>();
    }
}
