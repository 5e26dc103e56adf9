using System.Text.Json;
using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>How large a reproduction is.</summary>
public enum ExpediteScale
{
    /// <summary>Some tens of seconds.</summary>
    Quick,

    /// <summary>A wider model, more pictures and settings: minutes per seed.</summary>
    Full,

    /// <summary>The same with 1,024 tokens in twelve layers, for a GPU.</summary>
    FullCuda,
}

/// <summary>The reproduction: a small segmentation model is trained, frozen, and then expedited in every way.</summary>
/// <param name="Scale">Decides which claims get a verdict.</param>
/// <param name="Pictures">Drawn here.</param>
/// <param name="Attribute">Of an object, which is the class of its pixels.</param>
/// <param name="Model">Sizes; its number of classes follows the data.</param>
/// <param name="Recipe">How it is trained.</param>
/// <param name="TrainSize">Training pictures.</param>
/// <param name="TestSize">Test pictures.</param>
/// <param name="Settings">What is measured.</param>
public sealed record ExpediteExperiment(
    ExpediteScale Scale, Shapes Pictures, SceneAttribute Attribute, VisionTransformerOptions Model, ClassificationRecipe Recipe, int TrainSize, int TestSize,
    IReadOnlyList<ExpediteSetting> Settings)
{
    private const string DataSeed = "expediting-vit";
    private const int ValidationSize = 50;

    private static readonly Shapes scenes = new() { Size = 64, Grid = 2, MinObjects = 2, MaxObjects = 4, MinRadius = 0.2f, MaxRadius = 0.45f, Noise = 0.15f };

    /// <summary>Six layers on 256 tokens, for some tens of seconds.</summary>
    public static ExpediteExperiment Quick { get; } = new(
        ExpediteScale.Quick, scenes, SceneAttribute.Colour, new(64, 4, 64, 6, 4, 2) { Head = VisionHead.Pixels }, Recipes(2) with { CurvePoints = 2 }, 480, 100,
        [.. Compare(2, 12, 8), new(ExpediteMethod.Clustering, 3, 8)]);

    // Shapes instead of colours are still guessed after twice as many pictures: mIoU 31 %, of which the ground gives 19.
    /// <summary>Wider, and on more pictures, for minutes per seed.</summary>
    public static ExpediteExperiment Full { get; } = new(
        ExpediteScale.Full, scenes, SceneAttribute.Colour, new(64, 4, 96, 6, 4, 2) { Head = VisionHead.Pixels }, Recipes(1) with { LearningRate = 1.5e-3 }, 3_000, 300,
        [.. Compare(2, 12, 8, 6), .. Clusterings([3, 4], [12, 8, 6])])
    {
        AblatedSides = [12, 8],
    };

    /// <summary>Pictures of twice the side in twelve layers, for a GPU.</summary>
    public static ExpediteExperiment FullCuda { get; } = Full with
    {
        Scale = ExpediteScale.FullCuda,
        Pictures = scenes with { Size = 128, Grid = 4, MinObjects = 4, MaxObjects = 12 },
        Model = new(128, 4, 192, 12, 6, 2) { Head = VisionHead.Pixels },
        Recipe = Recipes(8) with { LearningRate = 1e-3 },
        TrainSize = 10_000,
        Settings = [.. Compare(4, 24, 16, 12), .. Clusterings([6, 8], [24, 16, 12])],
        AblatedSides = [24, 16],
    };

    /// <summary>Grids of clusters, from the settings, on which rounds and numbers of clusters are tried.</summary>
    public IReadOnlyList<int> AblatedSides { get; init; } = [12];

    /// <summary>L/3, where the paper's main results reduce tokens.</summary>
    public int Alpha => Model.Depth / 3;

    /// <summary>The experiment of a profile on a device.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="device">A GPU gets a larger model in <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static ExpediteExperiment Of(string profile, Device device) => Profile.Choose(profile, Quick, device.type == DeviceType.CUDA ? FullCuda : Full);

    /// <summary>Draws the pictures.</summary>
    /// <returns>The caller's to dispose.</returns>
    public ExpediteData LoadData()
    {
        var seed = Seed.Derive(0, DataSeed);
        return new(
            Pictures.Segmentation(TrainSize, seed, Attribute),
            Pictures.Segmentation(ValidationSize, seed + 2 * Shapes.TestSeedOffset, Attribute),
            Pictures.Segmentation(TestSize, seed + Shapes.TestSeedOffset, Attribute));
    }

    /// <summary>For every seed: trains a model, or takes it from the cache, and measures all settings.</summary>
    /// <param name="data">Usually from <see cref="LoadData"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">Keeps trained models; the user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed or setting, or a value outside its range.</exception>
    public ExpediteResults Run(
        ExpediteData data, IReadOnlyList<long> seeds, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0 || Settings.Count == 0) throw new ArgumentException("An experiment needs at least one seed and one setting.");
        using var thread = Scale == ExpediteScale.Quick ? new OneThread() : null;
        return new(this, data, device ?? CPU, Runs.All(seeds.Select(seed => Run(data, seed, device ?? CPU, cache ?? ModelCache.Default, progress, cancellation))));
    }

    private ExpediteRun Run(ExpediteData data, long seed, Device device, ModelCache cache, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (model, history, fromCache) = Trained(data, seed, device, cache, progress, cancellation);
        try
        {
            var probe = new SegmentationProbe(model, data, device);
            var scores = new List<ExpediteScore>();
            foreach (var setting in Settings)
            {
                cancellation.ThrowIfCancellationRequested();
                scores.Add(probe.Measure(setting));
            }
            var ablations = from score in scores
                            where score.Setting.Method == ExpediteMethod.Clustering && score.Setting.Alpha == Alpha && AblatedSides.Contains(score.Setting.Side)
                            from ablation in ExpediteAblation.Measure(probe, score)
                            select ablation;
            return new(seed, model, history, fromCache, probe.Iou(), probe.Macs(model), scores, [.. ablations], Latencies(probe));
        }
        catch
        {
            model.Dispose();
            throw;
        }

        IReadOnlyList<ExpediteLatency> Latencies(SegmentationProbe probe) =>
            ExpediteLatency.Measure(model, probe, [.. Settings.Select(setting => setting.Side).Distinct()], device, rounds: Scale == ExpediteScale.Quick ? 3 : 7);
    }

    private (VisionTransformer Model, IReadOnlyList<TrainingProgress> History, bool FromCache) Trained(
        ExpediteData data, long seed, Device device, ModelCache cache, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        VisionTransformer model;
        using (manual_seed(Seed.Derive(seed, "weights"))) model = new VisionTransformer(Sizes(data)).OnDevice(device);
        var (history, fromCache) = cache.LoadOrTrain(model, Key(data, seed, device), () =>
            ImageSegmentation.Train($"segmentation, seed {seed}", model, data.Train, data.Validation, data.Normalization, Recipe, seed, device, progress, cancellation), progress);
        return (model, history, fromCache);
    }

    private VisionTransformerOptions Sizes(ExpediteData data) => Model with { Classes = data.Train.ClassNames.Count };

    private string Key(ExpediteData data, long seed, Device device) => JsonSerializer.Serialize(new
    {
        kind = "expediting-vit segmentation",
        model = Sizes(data),
        Recipe,
        data = data.Train.Source,
        scenes = Pictures,
        pictures = data.Train.Count,
        validation = data.Validation.Source,
        seed,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data"),
    });

    private static ClassificationRecipe Recipes(int epochs) => new(epochs, BatchSize: 16, LearningRate: 2e-3) { LabelSmoothing = 0 };

    private static IEnumerable<ExpediteSetting> Compare(int alpha, params int[] sides) =>
        from method in Enum.GetValues<ExpediteMethod>() from side in sides select new ExpediteSetting(method, alpha, side);

    private static IEnumerable<ExpediteSetting> Clusterings(int[] alphas, int[] sides) =>
        from alpha in alphas from side in sides select new ExpediteSetting(ExpediteMethod.Clustering, alpha, side);
}
