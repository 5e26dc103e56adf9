using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Recipes;

namespace Lab.VisionLanguage.Pruning;

/// <summary>A model whose tokens were removed in several ways. Owns it.</summary>
/// <param name="Seed">Of the model's weights and of choices at random.</param>
/// <param name="Trained">Frozen.</param>
/// <param name="Unpruned">With all tokens.</param>
/// <param name="Blind">Without any.</param>
public abstract record PrunedModel(long Seed, TrainedVlm Trained, PruneResult Unpruned, PruneResult Blind) : IDisposable
{
    /// <summary>They tell a share within 2 points.</summary>
    public const int GateQuestions = 2_048;

    /// <summary>With all tokens, on <see cref="GateQuestions"/> test questions at least: fewer tell too little of a model.</summary>
    public VlmScore Gate { get; } = GateOf(Trained, Unpruned);

    /// <summary>Types of questions that the model answers from the picture; all accuracies are means over them.</summary>
    public IReadOnlyList<QuestionType> Types => Unpruned.Score.Learned(Blind.Score);

    /// <summary>The model answers well enough to conclude something from it.</summary>
    public bool PassesGate => Gate.All.Value >= Trained.Recipe.Gate;

    /// <summary>In %, mean over <see cref="Types"/>; not a number if the model answers none of them.</summary>
    /// <param name="result">Of this model.</param>
    public double Accuracy(PruneResult result) => Types.Count == 0 ? double.NaN : 100 * result.Score.MeanOfTypes(Types);

    private static VlmScore GateOf(TrainedVlm trained, PruneResult unpruned)
    {
        if (unpruned.Answers.Count >= GateQuestions) return unpruned.Score;
        using var harness = PruneHarness.Of(trained.Model, trained.Recipe.LanguageSet, GateQuestions);
        return harness.Run(Pruners.None).Score;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trained.Dispose();
        GC.SuppressFinalize(this);
    }
}
