using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>A base model and the donor of the tokenizer that it shall use. Owns both.</summary>
public sealed class TransplantPair : IDisposable
{
    /// <param name="base">Keeps its weights.</param>
    /// <param name="donor">Gives its tokenizer and its rows.</param>
    /// <param name="trainingText">What both learned from, UTF-8.</param>
    /// <param name="trainedOnly">Whether only tokens that both met serve as anchors.</param>
    /// <exception cref="ArgumentException">No token is shared.</exception>
    public TransplantPair(TinyLm @base, TinyLm donor, ReadOnlySpan<byte> trainingText, bool trainedOnly = true)
    {
        (Base, Donor, Vocabularies) = (@base, donor, new(donor.Tokenizer, @base.Tokenizer));
        TrainedDonor = TrainedTokens.Of(donor.Tokenizer, trainingText);
        TrainedBase = TrainedTokens.Of(@base.Tokenizer, trainingText);
        Anchors = trainedOnly ? TrainedTokens.Anchors(Vocabularies, TrainedDonor, TrainedBase) : Vocabularies.Shared;
        (Input, Output) = (Problem(EmbeddingSide.Input), @base.Model.Options.TiedOutput ? null : Problem(EmbeddingSide.Output));

        TransplantProblem Problem(EmbeddingSide side) => TransplantProblem.Of(@base.Model, donor.Model, Vocabularies, side).With(Anchors, trainedOnly ? TrainedBase : null);
    }

    /// <summary>Whose space the rows shall lie in.</summary>
    public TinyLm Base { get; }

    /// <summary>Whose tokens are wanted.</summary>
    public TinyLm Donor { get; }

    /// <summary>Which tokens are the same.</summary>
    public VocabularyMatch Vocabularies { get; }

    /// <summary>Donor ids that the training text has.</summary>
    public IReadOnlyList<int> TrainedDonor { get; }

    /// <summary>Base ids that the training text has.</summary>
    public IReadOnlyList<int> TrainedBase { get; }

    /// <summary>Donor ids of the shared tokens that new rows are made from.</summary>
    public IReadOnlyList<int> Anchors { get; }

    /// <summary>The table of input rows.</summary>
    public TransplantProblem Input { get; }

    /// <summary>The table of output rows; null if the base has none of its own.</summary>
    public TransplantProblem? Output { get; }

    /// <summary>The base on the donor's tokenizer. Both tables are solved by themselves, from the donor's own two.</summary>
    /// <param name="strategy">Makes the rows of new tokens.</param>
    /// <returns>In evaluation mode; the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The strategy needs what the pair lacks.</exception>
    public Decoder Transplant(ITransplantStrategy strategy)
    {
        using var scope = NewDisposeScope();
        var model = EmbeddingTransplant.Apply(Base.Model, Table(Input), Output is null ? null : Table(Output));
        return model;

        // The donor of a pair has a row for each of its tokens, so there is nothing to report.
        Tensor Table(TransplantProblem problem) => EmbeddingTransplant.Table(problem, strategy, report => throw new InvalidOperationException(report));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Base.Dispose();
        Donor.Dispose();
    }
}
