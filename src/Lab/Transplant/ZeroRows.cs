using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>New rows are zero: a new token adds nothing at the input and has logit 0 at the output.</summary>
public sealed class ZeroRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "zero";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem) => zeros(problem.New.Count, problem.Width);
}
