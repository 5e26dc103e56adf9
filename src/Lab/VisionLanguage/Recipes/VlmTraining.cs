using Lab.Data.ShapesQa;
using Lab.Training;
using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Recipes;

/// <summary>The two stages of a <see cref="VlmRecipe"/>.</summary>
internal static class VlmTraining
{
    private const int ScoredPictures = 64, ScoredForPatches = 256;

    /// <summary>Stage 1: encoder, projector and words.</summary>
    /// <returns>The history; the last report has the accuracies of patches.</returns>
    public static IReadOnlyList<TrainingProgress> TrainVision(
        AlignedVision vision, VlmRecipe recipe, long seed, Device device, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        recipe.Check();
        var stage = recipe.Vision;
        return Trainer.Run(
            vision, new QaStream(recipe.VisionSetAt, stage.BatchSize, questions: 1, first: 0, device),
            batch => VisionLoss(vision, batch), recipe.Training("stage 1", stage.Steps, seed), Score, progress, cancellation);

        Dictionary<string, double> Score()
        {
            using var batch = recipe.VisionSetAt(stage.Steps).Generate(QaSplit.Validation, 0, ScoredForPatches, 1).To(device);
            return PatchScore.Of(vision, batch).ToMetrics();
        }
    }

    /// <summary>Stage 2: projector, decoder and words; the encoder is frozen from now on.</summary>
    /// <returns>The history; the last report has the accuracies of question types.</returns>
    public static IReadOnlyList<TrainingProgress> TrainLanguage(
        TinyVlm model, VlmRecipe recipe, long seed, Device device, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        recipe.Check();
        foreach (var parameter in model.Vision.Encoder.parameters()) parameter.requires_grad = false;
        var stage = recipe.Language;
        return Trainer.Run(
            model, new QaStream(recipe.LanguageSetAt, stage.BatchSize, VlmRecipe.Questions, recipe.Vision.Pictures, device),
            batch => LanguageLoss(model, batch, seed), recipe.Training("stage 2", stage.Steps, seed), Score, progress, cancellation);

        Dictionary<string, double> Score()
        {
            using var batch = recipe.LanguageSetAt(stage.Steps).Generate(QaSplit.Validation, 0, ScoredPictures, VlmRecipe.Questions).To(device);
            return VlmScore.Packed(model, batch).ToMetrics();
        }
    }

    public static Tensor VisionLoss(AlignedVision vision, QaBatch batch)
    {
        var features = vision.Encoder.call(batch.Images);
        var losses = vision.Losses(vision.Projector.call(features.Patches), features, batch);
        return losses.Patch + 0.2 * losses.Class + 0.5 * losses.Centre;
    }

    public static Tensor LanguageLoss(TinyVlm model, QaBatch batch, long seed)
    {
        var features = FrozenFeatures(model, batch.Images);
        var projected = model.Vision.Projector.call(features.Patches);
        var sequence = model.Ask(model.Place(projected), batch.Words).Keep(TokenDrop.Keep(batch, seed), Execution.Mask, Positions.Keep);
        var answers = model.Decoder.Answer(sequence); // [B, Q, 58]
        var losses = model.Vision.Losses(projected, features, batch);
        return nn.functional.cross_entropy(answers.flatten(0, 1), batch.Answers.flatten()) + 0.3 * losses.Patch + 0.2 * losses.Class + 0.1 * losses.Centre;
    }

    private static VisionFeatures FrozenFeatures(TinyVlm model, Tensor images)
    {
        using var noGrad = no_grad();
        return model.Vision.Encoder.call(images);
    }
}
