using Lab.Data;
using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Trains and scores models that tell a class for every pixel.</summary>
public static class ImageSegmentation
{
    private const int EvaluationBatch = 50;
    private const string MeanIou = "mean IoU";

    /// <summary>Trains a model. Runs of one seed see the same pictures in the same order.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="model">From pictures [B, C, H, W] to logits [B, classes, H, W]; in evaluation mode when this returns.</param>
    /// <param name="train">Pictures with a class per pixel.</param>
    /// <param name="validation">For the curve.</param>
    /// <param name="normalization">Of all pictures.</param>
    /// <param name="recipe">How.</param>
    /// <param name="seed">Of the order and of dropout.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The history of the training.</returns>
    public static IReadOnlyList<TrainingProgress> Train(
        string name, nn.Module<Tensor, Tensor> model, LabeledImages train, LabeledImages validation, Normalization normalization, ClassificationRecipe recipe, long seed, Device device,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        recipe.Check();
        var batches = new BatchLoader(train, new(recipe.BatchSize, seed) { Normalization = normalization, Device = device });
        var steps = recipe.Epochs * batches.BatchesPerEpoch;
        return Trainer.Run(
            model, batches, batch => Losses.CrossEntropy(model.call(batch.Images), batch.Labels, recipe.LabelSmoothing),
            recipe.Options(name, steps, seed),
            () => new Dictionary<string, double> { [MeanIou] = Score(model, validation, normalization, device) },
            progress, cancellation);
    }

    /// <summary>Mean intersection over union, in %.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="data">Pictures with a class per pixel.</param>
    /// <param name="normalization">Of the pictures.</param>
    /// <param name="device">Where the model is.</param>
    public static double Score(nn.Module<Tensor, Tensor> model, LabeledImages data, Normalization normalization, Device device)
    {
        using var noGrad = no_grad();
        var overlap = new IntersectionOverUnion(data.ClassNames.Count);
        foreach (var batch in data.InOrder(EvaluationBatch, normalization, device))
        {
            using (batch)
            {
                using var logits = model.call(batch.Images);
                using var prediction = logits.argmax(1);
                overlap.Add(prediction, batch.Labels);
            }
        }
        return 100 * overlap.Mean;
    }
}
