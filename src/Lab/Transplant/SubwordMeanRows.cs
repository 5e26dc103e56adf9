using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>A new row is the mean of the rows of the pieces into which the base's tokenizer cuts the token.</summary>
/// <remarks>Source: ReTok, Gu et al. 2024 (arXiv 2410.04335); fast vocabulary transfer, Gee et al. 2022 (arXiv 2402.09977).</remarks>
public sealed class SubwordMeanRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "subword mean";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem)
    {
        using var scope = NewDisposeScope();
        return stack(Subwords.Of(problem).Select(pieces => problem.Base(pieces).mean([0]))).MoveToOuterDisposeScope();
    }
}

/// <summary>New tokens as the base's tokenizer cuts them.</summary>
internal static class Subwords
{
    public static IEnumerable<int[]> Of(TransplantProblem problem) =>
        problem.New.Select(id => problem.Vocabularies.Base.Encode(problem.Vocabularies.Donor.Vocabulary[id]));
}
