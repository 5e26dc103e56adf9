using System.Text.Json;
using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Tokens;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenTransforming;

/// <summary>A class per pixel: tokens are reduced in the middle and restored in front of the head.</summary>
/// <param name="Model">Of the segmentation network.</param>
/// <param name="Recipe">Of its training.</param>
/// <param name="TrainSize">Training pictures.</param>
/// <param name="Validation">Pictures on which temperatures are chosen.</param>
/// <param name="Test">Pictures on which everything is reported.</param>
public sealed record DenseExperiment(VisionTransformerOptions Model, ClassificationRecipe Recipe, int TrainSize, int Validation, int Test)
{
    private const int Objects = 4;

    private static readonly Shapes scenes = new() { Size = 64, Grid = 2, MinObjects = 2, MaxObjects = Objects, MinRadius = 0.25f, MaxRadius = 0.5f, Noise = 0.1f };

    /// <summary>A quarter of the tokens is left from the third block on.</summary>
    public ReductionPlan Plan => new(new ReductionStep(2, Model.Side * Model.Side / 4)) { RestoredBlocks = 0 };

    /// <summary>Trains the network, or takes it from the cache, and reduces its tokens.</summary>
    internal DenseRun Run(long seed, TrainingPlace place)
    {
        var data = Seed.Derive(0, "token-transforming dense");
        using var train = scenes.Segmentation(TrainSize, data, SceneAttribute.Colour);
        using var validation = scenes.Segmentation(Validation, data + Shapes.TestSeedOffset, SceneAttribute.Colour);
        var test = scenes.Segmentation(Test, data + 2 * Shapes.TestSeedOffset, SceneAttribute.Colour);
        var normalization = Normalization.Of(train);
        VisionTransformer model;
        using (manual_seed(Seed.Derive(seed, "dense weights"))) model = new(Model);
        model.OnDevice(place.Device);
        try
        {
            place.Cache.LoadOrTrain(model, Key(seed, train, place.Device), () => ImageSegmentation.Train(
                $"segmentation, seed {seed}", model, train, validation, normalization, Recipe, seed, place.Device, place.Progress, place.Cancellation), place.Progress);
            var unreduced = ImageSegmentation.Score(model, test, normalization, place.Device);
            DenseScore[] soft = [.. TransformingExperiment.Candidates.Select(temperature => Score(TransformingMethod.Soft(temperature)))];
            return new(model, Plan, test, normalization, unreduced, soft, Score(TransformingMethod.Merging), Score(TransformingMethod.Hard), Score(TransformingMethod.Attention));
        }
        catch
        {
            model.Dispose();
            test.Dispose();
            throw;
        }

        DenseScore Score(TransformingMethod method)
        {
            place.Cancellation.ThrowIfCancellationRequested();
            var reducer = method.Create(seed);
            using var reduced = new ReducedTransformer(model, reducer, Plan);
            return new(method.Name, reducer, ImageSegmentation.Score(reduced, validation, normalization, place.Device), ImageSegmentation.Score(reduced, test, normalization, place.Device));
        }
    }

    private string Key(long seed, LabeledImages data, Device device) => JsonSerializer.Serialize(new
    {
        kind = "token transforming, dense",
        Model,
        Recipe,
        data = data.Source,
        pictures = data.Count,
        seed,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data"),
    });
}

/// <summary>What became of a method.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Reducer">That was used.</param>
/// <param name="Validation">Mean IoU in % where temperatures are chosen.</param>
/// <param name="Test">Mean IoU in % on other pictures.</param>
public sealed record DenseScore(string Method, ITokenReducer Reducer, double Validation, double Test);

/// <summary>Segmentation with one seed. Owns the model and the test pictures.</summary>
/// <param name="Model">Frozen.</param>
/// <param name="Plan">Where tokens are reduced and restored.</param>
/// <param name="Data">Test pictures.</param>
/// <param name="Normalization">Of the model's inputs.</param>
/// <param name="Unreduced">Mean IoU in % with all tokens.</param>
/// <param name="Soft">Transforming at the candidate temperatures.</param>
/// <param name="Merged">ToMe, and copies of the merged tokens.</param>
/// <param name="Hard">Hard merging, likewise.</param>
/// <param name="Pruned">Attention pruning, and copies of the most similar token that was kept.</param>
public sealed record DenseRun(
    VisionTransformer Model, ReductionPlan Plan, LabeledImages Data, Normalization Normalization, double Unreduced, IReadOnlyList<DenseScore> Soft, DenseScore Merged, DenseScore Hard, DenseScore Pruned) : IDisposable
{
    /// <summary>Transforming at the temperature that is best on the validation pictures.</summary>
    public DenseScore Chosen => Soft.MaxBy(score => score.Validation)!;

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Data.Dispose();
    }
}
