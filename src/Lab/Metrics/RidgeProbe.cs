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
        var targets = nn.functional.one_hot(labels.narrow(0, 0, half), classes);
        var guesses = RidgeRegression.Predict(features.narrow(0, 0, half), targets, features.narrow(0, half, features.shape[0] - half), Strength).argmax(1);
        return (guesses == labels.narrow(0, half, guesses.shape[0])).to(ScalarType.Float64).mean().item<double>();
    }
}
