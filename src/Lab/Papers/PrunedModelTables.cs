using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Pruning;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers;

/// <summary>Tables about models whose tokens are removed.</summary>
public static class PrunedModelTables
{
    /// <summary>Accuracy with all tokens, and whether something can be concluded from it.</summary>
    /// <param name="models">At least one.</param>
    public static DataFrame Gates(IReadOnlyList<PrunedModel> models) => new(
        Words("model", models, model => $"{model.Trained.Recipe.Name}, seed {model.Seed}{(model.Trained.FromCache ? ", from the cache" : "")}"),
        Number("right answers, %", models, model => 100 * model.Gate.All.Value, 1),
        Number("mean of types, %", models, model => 100 * model.Gate.MeanOfTypes(), 1),
        Number("gate, %", models, model => 100 * model.Trained.Recipe.Gate, 0),
        Words("", models, model => model.PassesGate ? "passes" : "below: no verdicts"));

    /// <summary>Accuracy by type of question, with all visual tokens and without any, mean over models, in %.</summary>
    /// <param name="models">At least one.</param>
    public static DataFrame Types(IReadOnlyList<PrunedModel> models)
    {
        QuestionType[] types = [.. models[0].Unpruned.Score.Types.Keys];
        return new(
            Words("question", types, type => type.Label()),
            Number("all tokens", types, type => models.Average(model => 100 * model.Unpruned.Score.Types[type].Value), 1),
            Number("none", types, type => models.Average(model => 100 * model.Blind.Score.Types[type].Value), 1),
            Words("counts", types, type => $"in {models.Count(model => model.Types.Contains(type))} of {models.Count}"));
    }
}
