using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>
/// Puts a model onto another tokenizer without training: rows of shared tokens are copied bit for bit, the others come
/// from a strategy, and every other weight stays.
/// </summary>
/// <remarks>Source: Goddard and Fernandes Neto 2025 (arXiv 2506.06607), the steps of github.com/arcee-ai/mergekit, tokensurgeon.py.</remarks>
public static class EmbeddingTransplant
{
    /// <summary>The table for the donor's tokenizer.</summary>
    /// <param name="problem">One side of two models.</param>
    /// <param name="strategy">Makes the rows of new tokens.</param>
    /// <param name="report">Told in one line of tokens that get a row of zeros because the donor has none for them.</param>
    /// <returns>[V_d, d_o] in the order of the donor's ids, of the base's type and on its device; the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The problem lacks what the strategy needs.</exception>
    public static Tensor Table(TransplantProblem problem, ITransplantStrategy strategy, Action<string> report)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (rows, match) = (problem.BaseRows.detach(), problem.Vocabularies);
        var table = zeros(match.Donor.Vocabulary.Size, problem.Width, rows.dtype, rows.device);
        if (match.Shared.Count > 0) table.index_copy_(0, Ids(match.Shared, rows.device), rows[Ids(match.BaseIds(match.Shared), rows.device)]);
        var added = problem.New;
        if (added.Count > 0) table.index_copy_(0, Ids(added, rows.device), strategy.NewRows(problem).to(rows.dtype, rows.device));
        if (match.New.Count > added.Count)
            report($"{match.New.Count - added.Count} of the donor's tokens have no row in its table of {problem.DonorRows.shape[0]} and get zeros.");
        return table.MoveToOuterDisposeScope();
    }

    /// <summary>The base model on the donor's tokenizer.</summary>
    /// <param name="base">Keeps all weights but its tables.</param>
    /// <param name="input">[V_d, d_o].</param>
    /// <param name="output">[V_d, d_o]; null for a base whose output is its input table.</param>
    /// <returns>A new model in evaluation mode; the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Tables of other shapes, or an output table where the base has none or none where it has one.</exception>
    public static Decoder Apply(Decoder @base, Tensor input, Tensor? output)
    {
        if (@base.Options.TiedOutput != output is null)
            throw new ArgumentException(@base.Options.TiedOutput ? "The base's output is its input table: it takes no other." : "The base has an output table of its own: it takes a new one.", nameof(output));
        if (input.dim() != 2 || input.shape[1] != @base.Options.Dim || output is not null && !output.shape.SequenceEqual(input.shape))
            throw new ArgumentException($"Tables for a width of {@base.Options.Dim} are [V, {@base.Options.Dim}], got [{string.Join(", ", input.shape)}] and [{string.Join(", ", output?.shape ?? [])}].", nameof(input));

        var model = new Decoder(@base.Options with { Vocabulary = (int)input.shape[0] }).OnDevice(input.device);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var target = model.state_dict();
        foreach (var (name, value) in @base.state_dict())
            if (name is not (Decoder.InputTableName or Decoder.OutputTableName)) target[name].copy_(value);
        model.InputTable.copy_(input);
        if (output is not null) model.OutputTable.copy_(output);
        model.eval();
        return model;
    }

    private static Tensor Ids(IReadOnlyList<int> ids, Device device) => tensor(ids.Select(id => (long)id).ToArray(), device: device);
}
