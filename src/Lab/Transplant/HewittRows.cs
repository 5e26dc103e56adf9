using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>New rows are drawn from the normal distribution with the mean and covariance of the base rows.</summary>
/// <param name="seed">Of the draw.</param>
/// <remarks>
/// Source: Hewitt 2021, "Initializing new word embeddings for pretrained language models". Random weights on the centred
/// rows have just that covariance, so it need not be factored.
/// </remarks>
public sealed class HewittRows(long seed) : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "Hewitt";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Fewer than two base rows.</exception>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seed.Derive(seed, $"hewitt {problem.Side} rows"));
        var rows = problem.BaseRows.detach().to(ScalarType.Float64, CPU);
        if (rows.shape[0] < 2) throw new ArgumentException("A covariance needs at least two base rows.", nameof(problem));
        var mean = rows.mean([0], keepdim: true);
        var weights = randn([problem.New.Count, rows.shape[0]], ScalarType.Float64, generator: generator) / Math.Sqrt(rows.shape[0] - 1);
        return (mean + weights.matmul(rows - mean)).MoveToOuterDisposeScope();
    }
}
