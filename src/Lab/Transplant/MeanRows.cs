using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>New rows are the mean of all base rows.</summary>
public sealed class MeanRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "mean";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        return problem.BaseRows.detach().mean([0], keepdim: true).repeat(problem.New.Count, 1).MoveToOuterDisposeScope();
    }
}
