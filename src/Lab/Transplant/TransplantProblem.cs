using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>Which of a model's two tables is transplanted.</summary>
public enum EmbeddingSide
{
    /// <summary>Rows that tokens enter with.</summary>
    Input,

    /// <summary>Rows whose products with the last hidden state are the logits.</summary>
    Output,
}

/// <summary>
/// One table to transplant: the base's rows, the donor's rows, and which tokens are the same. What is asked for is a row
/// in the base's space for every token of the donor. The tensors stay the caller's.
/// </summary>
public sealed class TransplantProblem
{
    /// <param name="baseRows">[V_o, d_o] float.</param>
    /// <param name="donorRows">[V_d, d_d] float; ids beyond its last row get zero rows.</param>
    /// <param name="vocabularies">Of both.</param>
    /// <param name="side">Input or output.</param>
    /// <exception cref="ArgumentException">No matrices, too few rows in the base, or values that are not finite.</exception>
    public TransplantProblem(Tensor baseRows, Tensor donorRows, VocabularyMatch vocabularies, EmbeddingSide side = EmbeddingSide.Input)
    {
        Check(baseRows, nameof(baseRows));
        Check(donorRows, nameof(donorRows));
        if (baseRows.shape[0] < vocabularies.Base.Vocabulary.Size)
            throw new ArgumentException($"The base's vocabulary has {vocabularies.Base.Vocabulary.Size} ids, but its table {baseRows.shape[0]} rows.", nameof(baseRows));
        (BaseRows, DonorRows, Vocabularies, Side) = (baseRows, donorRows, vocabularies, side);
        New = [.. vocabularies.New.Where(id => id < donorRows.shape[0])];
        Anchors = [.. vocabularies.Shared.Where(id => id < donorRows.shape[0])];
        TrainedBase = [.. Enumerable.Range(0, vocabularies.Base.Vocabulary.Size)];
    }

    /// <summary>The tables of one side of two models.</summary>
    /// <param name="base">Whose space the rows shall lie in.</param>
    /// <param name="donor">Whose tokens are wanted.</param>
    /// <param name="vocabularies">Of both.</param>
    /// <param name="side">Input or output.</param>
    /// <exception cref="ArgumentException">The output side of a base whose output is its input table, or what the constructor refuses.</exception>
    public static TransplantProblem Of(Decoder @base, Decoder donor, VocabularyMatch vocabularies, EmbeddingSide side)
    {
        if (side == EmbeddingSide.Output && @base.Options.TiedOutput)
            throw new ArgumentException("The base's output is its input table: it has no output rows of its own to transplant.", nameof(side));
        return side == EmbeddingSide.Input
            ? new(@base.InputTable, donor.InputTable, vocabularies, side)
            : new(@base.OutputTable, donor.OutputTable, vocabularies, side);
    }

    /// <summary>[V_o, d_o].</summary>
    public Tensor BaseRows { get; }

    /// <summary>[V_d, d_d].</summary>
    public Tensor DonorRows { get; }

    /// <summary>Which tokens are the same.</summary>
    public VocabularyMatch Vocabularies { get; }

    /// <summary>Input or output.</summary>
    public EmbeddingSide Side { get; }

    /// <summary>Donor ids of the shared tokens that new rows may be made from; all shared ones unless <see cref="With"/> chose.</summary>
    public IReadOnlyList<int> Anchors { get; private init; }

    /// <summary>Base ids that methods without a donor may use; all unless <see cref="With"/> chose.</summary>
    public IReadOnlyList<int> TrainedBase { get; private init; }

    /// <summary>Donor ids of the tokens that need a new row: those that the base lacks and the donor has a row for.</summary>
    public IReadOnlyList<int> New { get; }

    /// <summary>Width of the base, d_o.</summary>
    public long Width => BaseRows.shape[1];

    /// <summary>The same with rows that are to be trusted: those that neither model ever trained carry noise, see <see cref="TrainedTokens"/>.</summary>
    /// <param name="anchors">Donor ids of shared tokens.</param>
    /// <param name="trainedBase">Base ids; null: as it is.</param>
    /// <exception cref="ArgumentException">An anchor that is not shared or has no donor row, or an empty list.</exception>
    public TransplantProblem With(IReadOnlyList<int> anchors, IReadOnlyList<int>? trainedBase = null)
    {
        Vocabularies.BaseIds(anchors);
        if (trainedBase is { Count: 0 }) throw new ArgumentException("The base has no trained token.", nameof(trainedBase));
        if (anchors.FirstOrDefault(id => id >= DonorRows.shape[0], -1) is >= 0 and var id)
            throw new ArgumentException($"Anchor {id} has no row in the donor's table of {DonorRows.shape[0]}.", nameof(anchors));
        return new(BaseRows, DonorRows, Vocabularies, Side) { Anchors = anchors, TrainedBase = trainedBase ?? TrainedBase };
    }

    /// <returns>[n, d_d] float64.</returns>
    internal Tensor Donor(IEnumerable<int> donorIds) => Rows(DonorRows, donorIds);

    /// <returns>[n, d_o] float64.</returns>
    internal Tensor Base(IEnumerable<int> baseIds) => Rows(BaseRows, baseIds);

    /// <summary>The anchors' rows in both spaces, in the same order.</summary>
    /// <returns>[m, d_d] and [m, d_o], float64.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    internal (Tensor Donor, Tensor Base) AnchorRows() => Anchors.Count > 0
        ? (Donor(Anchors), Base(Vocabularies.BaseIds(Anchors)))
        : throw new ArgumentException("The vocabularies share no token that could serve as an anchor.");

    private static Tensor Rows(Tensor table, IEnumerable<int> ids)
    {
        using var scope = NewDisposeScope();
        return table.detach()[tensor(ids.Select(id => (long)id).ToArray(), device: table.device)].to(ScalarType.Float64).MoveToOuterDisposeScope();
    }

    private static void Check(Tensor rows, string name)
    {
        using var scope = NewDisposeScope();
        if (rows.dim() != 2 || rows.numel() == 0) throw new ArgumentException($"A table is a matrix of rows, got [{string.Join(", ", rows.shape)}].", name);
        if (!rows.isfinite().all().item<bool>()) throw new ArgumentException("A table's values must be finite, but some are not.", name);
    }
}
