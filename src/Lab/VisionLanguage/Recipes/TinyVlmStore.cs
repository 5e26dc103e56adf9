using System.Text.Json;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Recipes;

/// <summary>A trained model. Owns it.</summary>
/// <param name="Model">In evaluation mode.</param>
/// <param name="Recipe">How it was trained.</param>
/// <param name="Seed">Of its first weights and of token drop.</param>
/// <param name="History">Of both stages; the last report of each has its accuracies.</param>
/// <param name="FromCache">Trained earlier.</param>
public sealed record TrainedVlm(TinyVlm Model, VlmRecipe Recipe, long Seed, IReadOnlyList<TrainingProgress> History, bool FromCache) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>Trained models, shared by all notebooks through the cache.</summary>
public static class TinyVlmStore
{
    /// <summary>Takes a model from the cache, or trains it and keeps it.</summary>
    /// <param name="recipe">Which.</param>
    /// <param name="seed">Of first weights and of token drop; the data are the same for all seeds.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="force">Trains even if the cache has it.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">A value outside its range.</exception>
    public static TrainedVlm GetOrTrain(
        VlmRecipe recipe, long seed, Device? device = null, ModelCache? cache = null, bool force = false, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        recipe.Check();
        device ??= CPU;
        cache ??= ModelCache.Default;
        var model = Untrained(recipe, seed).OnDevice(device);
        var (history, fromCache) = cache.LoadOrTrain(model, Key("tiny-vlm", recipe, recipe, seed, device), Train, progress, force, cancellation);
        return new(model, recipe, seed, history, fromCache);

        IReadOnlyList<TrainingProgress> Train()
        {
            var first = GetOrTrainVision(model.Vision, recipe, seed, device, cache, force, progress, cancellation);
            return [.. first, .. VlmTraining.TrainLanguage(model, recipe, seed, device, progress, cancellation)];
        }
    }

    /// <summary>The model before both stages.</summary>
    internal static TinyVlm Untrained(VlmRecipe recipe, long seed)
    {
        using var generator = manual_seed(Seed.Derive(seed, "weights"));
        return new TinyVlm(recipe.Model);
    }

    // The first stage is kept by itself: several models go on from it.
    private static IReadOnlyList<TrainingProgress> GetOrTrainVision(
        AlignedVision vision, VlmRecipe recipe, long seed, Device device, ModelCache cache, bool force, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var key = Key("tiny-vlm vision", recipe, new { recipe.Model.VisionDim, recipe.Model.VisionDepth, recipe.Model.Dim, recipe.Model.ImageSize, recipe.Vision, recipe.VisionSet, recipe.LearningRate, recipe.WarmupSteps }, seed, device);
        if (!force && cache.TryLoad(vision, key, Console.Error.WriteLine, progress) is { } past) return past;
        var history = VlmTraining.TrainVision(vision, recipe, seed, device, progress, cancellation);
        cache.Save(vision, key, history);
        return history;
    }

    private static string Key(string kind, VlmRecipe recipe, object decides, long seed, Device device) => JsonSerializer.Serialize(new
    {
        kind,
        size = recipe.Model.Name,
        decides,
        seed,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data", "VisionLanguage/Models", "VisionLanguage/Recipes"),
    });
}
