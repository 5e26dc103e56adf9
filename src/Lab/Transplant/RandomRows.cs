using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>New rows are normal random numbers as large as those of the base table: standard deviation over all its entries, mean 0.</summary>
/// <param name="seed">Of the numbers.</param>
public sealed class RandomRows(long seed) : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seed.Derive(seed, $"random {problem.Side} rows"));
        return (randn([problem.New.Count, problem.Width], generator: generator) * problem.BaseRows.detach().cpu().std()).MoveToOuterDisposeScope();
    }
}
