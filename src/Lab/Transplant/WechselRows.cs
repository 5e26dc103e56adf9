using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// A new row is a mean of the base rows of the tokens whose auxiliary vectors are nearest, weighted by a softmax of the
/// cosines. No donor model is needed.
/// </summary>
/// <param name="vectors">Auxiliary vectors of strings.</param>
/// <param name="neighbours">How many.</param>
/// <param name="temperature">Of the softmax.</param>
/// <remarks>Source: Minixhofer et al. 2022, section 3 (arXiv 2112.06598).</remarks>
public sealed class WechselRows(AuxiliaryEmbedding vectors, int neighbours = 10, double temperature = 0.1) : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "WECHSEL";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var vocabularies = problem.Vocabularies;
        var cosines = Cosines.Of(
            vectors.Of(problem.New.Select(id => vocabularies.Donor.Vocabulary[id].ToArray())),
            vectors.Of(problem.TrainedBase.Select(id => vocabularies.Base.Vocabulary[id].ToArray()))); // [N, m]
        var (nearest, indices) = cosines.topk((int)Math.Min(neighbours, cosines.shape[1]), dim: 1);
        var weights = (nearest / temperature).softmax(1); // [N, k]
        return (weights.unsqueeze(-1) * problem.Base(problem.TrainedBase)[indices]).sum(1).MoveToOuterDisposeScope();
    }
}
