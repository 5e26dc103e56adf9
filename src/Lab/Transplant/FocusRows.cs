using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>A new row is a mean of the anchors' base rows, weighted by the sparsemax of their auxiliary vectors' cosines. No donor model is needed.</summary>
/// <param name="vectors">Auxiliary vectors of strings.</param>
/// <remarks>Source: Dobler and de Melo 2023, section 3 (arXiv 2305.14481).</remarks>
public sealed class FocusRows(AuxiliaryEmbedding vectors) : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "FOCUS";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        var vocabulary = problem.Vocabularies.Donor.Vocabulary;
        var cosines = Cosines.Of(
            vectors.Of(problem.New.Select(id => vocabulary[id].ToArray())),
            vectors.Of(problem.Anchors.Select(id => vocabulary[id].ToArray())));
        return Sparsemax(cosines).matmul(problem.AnchorRows().Base).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest point of the probability simplex: like a softmax, but small scores get exactly 0.</summary>
    /// <param name="scores">[n, m].</param>
    /// <returns>[n, m], rows that sum to 1.</returns>
    /// <remarks>Source: Martins and Astudillo 2016, algorithm 1 (arXiv 1602.02068).</remarks>
    internal static Tensor Sparsemax(Tensor scores)
    {
        using var scope = NewDisposeScope();
        var (sorted, _) = scores.sort(dim: 1, descending: true);
        var ranks = arange(1, scores.shape[1] + 1, scores.dtype, scores.device);
        var sums = sorted.cumsum(1) - 1;
        var support = (sorted * ranks > sums).sum(1, keepdim: true); // [n, 1], at least 1
        var threshold = sums.gather(1, support - 1) / support;
        return (scores - threshold).clamp_min(0).MoveToOuterDisposeScope();
    }
}
