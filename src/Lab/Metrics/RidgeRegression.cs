using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Linear maps with a penalty on their size, in closed form: how much of one thing can be read off another.</summary>
internal static class RidgeRegression
{
    /// <summary>Fits a map to known rows and applies it to others.</summary>
    /// <param name="known">[N, D].</param>
    /// <param name="targets">[N, K].</param>
    /// <param name="asked">[M, D].</param>
    /// <param name="strength">Of the penalty, per row; inputs are standardised by the known rows.</param>
    /// <returns>[M, K], float64.</returns>
    public static Tensor Predict(Tensor known, Tensor targets, Tensor asked, double strength)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (known.to(ScalarType.Float64), targets.to(ScalarType.Float64));
        var (mean, deviation) = (x.mean([0L], keepdim: true), x.std([0L], keepdim: true).clamp_min(1e-8));
        x = (x - mean) / deviation;
        var offset = y.mean([0L], keepdim: true);
        var gram = x.t().matmul(x) + strength * x.shape[0] * eye(x.shape[1], dtype: ScalarType.Float64, device: x.device);
        var weights = linalg.solve(gram, x.t().matmul(y - offset)); // [D, K]
        return (((asked.to(ScalarType.Float64) - mean) / deviation).matmul(weights) + offset).MoveToOuterDisposeScope();
    }

    /// <summary>Share of the variance that a prediction explains, by column; 0 for one no better than the mean, less for a worse one.</summary>
    /// <param name="predicted">[M, K].</param>
    /// <param name="actual">[M, K].</param>
    /// <returns>[K].</returns>
    public static Tensor Explained(Tensor predicted, Tensor actual)
    {
        using var scope = NewDisposeScope();
        var y = actual.to(ScalarType.Float64);
        return (1 - (y - predicted).square().mean([0L]) / (y - y.mean([0L], keepdim: true)).square().mean([0L])).MoveToOuterDisposeScope();
    }
}
