using System.Text.Json;
using Lab.Data;
using Lab.Data.Catalogue;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Tokens;
using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Papers.TokenTransforming;

/// <summary>
/// The reproduction: a small vision transformer is trained and frozen; every method then reduces its tokens by the same plans, and nothing is
/// trained again.
/// </summary>
/// <param name="IsFull">Decides the pictures and which claims get a verdict.</param>
/// <param name="Model">Of the classifier.</param>
/// <param name="Recipe">Of its training.</param>
/// <param name="TrainSize">Training pictures.</param>
/// <param name="Validation">Pictures on which temperatures are chosen.</param>
/// <param name="Test">Pictures on which everything is reported.</param>
/// <param name="Plans">From few to many operations saved; <see cref="Main"/> is one of them.</param>
public sealed record TransformingExperiment(
    bool IsFull, VisionTransformerOptions Model, ClassificationRecipe Recipe, int TrainSize, int Validation, int Test, IReadOnlyList<ReductionPlan> Plans)
{
    private const string DataSeed = "token-transforming";

    /// <summary>Temperatures that validation chooses from.</summary>
    public static IReadOnlyList<double> Candidates { get; } = [0.02, 0.05, 0.1];

    /// <summary>Temperatures of the curve.</summary>
    public static IReadOnlyList<double> Temperatures { get; } = [.. Candidates, 0.2, 0.5];

    /// <summary>The plan that saves about 40 % of the multiply-adds early in the model.</summary>
    public required ReductionPlan Main { get; init; }

    /// <summary>Segmentation, if it is part of the experiment.</summary>
    public DenseExperiment? Dense { get; init; }

    /// <summary>Some tens of seconds on two cores: which colour covers most?</summary>
    public static TransformingExperiment Quick { get; } = new(
        false, new(32, 4, 64, 6, 4, 2) { Classes = 6 }, new(Epochs: 6, BatchSize: 32, LearningRate: 2e-3) { LabelSmoothing = 0, CurvePoints = 2 },
        TrainSize: 1_500, Validation: 200, Test: 400, [Keep(2, 32), Keep(1, 32), Keep(2, 16)])
    {
        Main = Keep(1, 32),
    };

    /// <summary>CIFAR-10 and segmentation of drawn shapes, for minutes per seed on two cores.</summary>
    public static TransformingExperiment Full { get; } = new(
        true, new(32, 4, 96, 8, 4, 2) { Classes = 10 }, new(Epochs: 2, BatchSize: 64, LearningRate: 1e-3) { LabelSmoothing = 0, Augment = true },
        TrainSize: 30_000, Validation: 500, Test: 2_000, [Keep(2, 46), Keep(1, 34), Keep(1, 17)])
    {
        Main = Keep(1, 34),
        Dense = new(new(64, 4, 64, 6, 4, 2) { Classes = 7, Head = VisionHead.Pixels }, new(Epochs: 4, BatchSize: 16, LearningRate: 2e-3) { LabelSmoothing = 0 },
            TrainSize: 800, Validation: 50, Test: 200),
    };

    /// <summary>The same with a larger classifier, for minutes on a GPU.</summary>
    public static TransformingExperiment FullCuda { get; } = Full with
    {
        Model = new(32, 4, 192, 12, 6, 2) { Classes = 10 },
        Recipe = new(Epochs: 30, BatchSize: 256, LearningRate: 1e-3) { LabelSmoothing = 0, Augment = true },
        TrainSize = 50_000,
        Plans = [Keep(3, 44), Keep(2, 32), Keep(1, 20)],
        Main = Keep(2, 32),
    };

    /// <summary>The experiment of a profile on a device.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="device">A GPU gets a larger model in <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static TransformingExperiment Of(string profile, Device device) => Profile.Choose(profile, Quick, device.type == DeviceType.CUDA ? FullCuda : Full);

    /// <summary>All methods by a plan: the curve of temperatures by the main one, the candidates by the others.</summary>
    public IReadOnlyList<TransformingMethod> Methods(ReductionPlan plan) =>
    [
        .. TransformingMethod.Baselines,
        .. (plan == Main ? Temperatures : Candidates).Select(temperature => TransformingMethod.Soft(temperature)),
        .. plan == Main ? Candidates.Select(temperature => TransformingMethod.Soft(temperature, TargetSelection.Attention)) : [],
    ];

    /// <summary>Pictures of this scale: discs, or CIFAR-10. The test split holds those for validation first.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public ImageSplits LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var seed = Seed.Derive(0, DataSeed);
        if (!IsFull) return new(DominantColour.Draw(TrainSize, seed), DominantColour.Draw(Validation + Test, seed + Shapes.TestSeedOffset));
        using var whole = ImageDatasets.Cifar10(progress, cancellation);
        return new(whole.Train.Take(TrainSize, seed), whole.Test.Take(Validation + Test, seed));
    }

    /// <summary>Trains the classifier with every seed, or takes it from the cache, and reduces its tokens in all ways.</summary>
    /// <param name="data">Usually from <see cref="LoadData"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step or method.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, or a value outside its range.</exception>
    public TransformingResults Run(
        ImageSplits data, IReadOnlyList<long> seeds, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        using var thread = IsFull ? null : new OneThread();
        var place = new TrainingPlace(device ?? CPU, cache ?? ModelCache.Default, progress, cancellation);
        var normalization = Normalization.Of(data.Train);
        return new(this, Runs.All(seeds.Select(seed => RunOne(seed, data, normalization, place))), normalization);
    }

    private TransformingRun RunOne(long seed, ImageSplits data, Normalization normalization, TrainingPlace place)
    {
        VisionTransformer model;
        using (manual_seed(Seed.Derive(seed, "weights"))) model = new(Model with { Classes = data.Train.ClassNames.Count });
        model.OnDevice(place.Device);
        var (history, fromCache) = place.Cache.LoadOrTrain(model, Key(seed, data, place.Device), () => ImageClassification.Fit(
            $"classifier, seed {seed}", model, data.Train, data.Test, normalization, Recipe, seed, place.Device, place.Progress, place.Cancellation), place.Progress);
        DenseRun? dense = null;
        try
        {
            var unreduced = Score("all tokens", model, model, null, data, normalization, place);
            var reduced = from plan in Plans
                          from method in Methods(plan)
                          select Reduced(method, plan);
            ReducedScore[] scores = [.. reduced];
            dense = Dense?.Run(seed, place);
            return new(seed, model, history, fromCache, unreduced, scores, dense);
        }
        catch
        {
            dense?.Dispose();
            model.Dispose();
            throw;
        }

        ReducedScore Reduced(TransformingMethod method, ReductionPlan plan)
        {
            using var reduced = new ReducedTransformer(model, method.Create(Seed.Derive(seed, "pruning")), plan);
            return Score(method.Name, reduced, model, plan, data, normalization, place) with { Temperature = method.Temperature, ReducerMacs = reduced.ReducerMacs };
        }
    }

    private ReducedScore Score(
        string method, nn.Module<Tensor, Tensor> network, VisionTransformer model, ReductionPlan? plan, ImageSplits data, Normalization normalization, TrainingPlace place)
    {
        place.Cancellation.ThrowIfCancellationRequested();
        var correct = ImageClassification.Correct(network, data.Test, normalization, place.Device, Validation + Test);
        using var one = zeros(1, 3, model.Options.ImageSize, model.Options.ImageSize, device: place.Device);
        return new(method, plan, 100 * correct[..Validation].Average(right => right ? 1.0 : 0), 100 * correct[Validation..].Average(right => right ? 1.0 : 0), MacCounter.Count(network, one).Total);
    }

    private string Key(long seed, ImageSplits data, Device device) => JsonSerializer.Serialize(new
    {
        kind = "token transforming",
        Model,
        Recipe,
        data = data.Train.Source,
        seed,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data"),
    });

    private static ReductionPlan Keep(int block, int tokens) => new(new ReductionStep(block, tokens));
}
