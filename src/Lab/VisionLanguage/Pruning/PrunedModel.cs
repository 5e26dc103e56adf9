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
    /// <summary>Types of questions that the model answers from the picture; all accuracies are means over them.</summary>
    public IReadOnlyList<QuestionType> Types => Unpruned.Score.Learned(Blind.Score);

    /// <summary>The model answers well enough to conclude something from it.</summary>
    public bool PassesGate => Unpruned.Score.All.Value >= Trained.Recipe.Gate;

    /// <summary>In %, mean over <see cref="Types"/>; not a number if the model answers none of them.</summary>
    /// <param name="result">Of this model.</param>
    public double Accuracy(PruneResult result) => Types.Count == 0 ? double.NaN : 100 * result.Score.MeanOfTypes(Types);

    /// <inheritdoc/>
    public void Dispose()
    {
        Trained.Dispose();
        GC.SuppressFinalize(this);
    }
}
