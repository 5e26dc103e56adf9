using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// A new token enters with the row of the last piece into which the base's tokenizer cuts it, and is predicted by that of
/// the first: what the model would have read last, and would have had to say first.
/// </summary>
/// <remarks>Source: github.com/arcee-ai/mergekit, mergekit/tokensurgeon/subword.py, <c>first_last</c>.</remarks>
public sealed class FirstLastRows : ITransplantStrategy
{
    /// <inheritdoc/>
    public string Name => "first/last subword";

    /// <inheritdoc/>
    public Tensor NewRows(TransplantProblem problem) =>
        problem.Base(Subwords.Of(problem).Select(pieces => problem.Side == EmbeddingSide.Input ? pieces[^1] : pieces[0]));
}
