using Lab.Data;
using Lab.Data.Catalogue;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>
/// The reproduction: ViT-Lite, CVT and CCT trained alike, with the same data in the same order, and their ablations.
/// It tests directions; the paper's 98 % on CIFAR-10 take 5,000 epochs.
/// </summary>
/// <param name="Scale">Decides the data and which claims get a verdict.</param>
/// <param name="Arms">What is trained.</param>
/// <param name="Recipe">How.</param>
/// <param name="TrainSize">Training images; more than there are means all.</param>
/// <param name="TestSize">Test images, likewise.</param>
public sealed record CctExperiment(CctScale Scale, IReadOnlyList<CctArm> Arms, ClassificationRecipe Recipe, int TrainSize, int TestSize)
{
    private const string DataSeed = "compact-transformers";

    // The reference's light recipe spares no parameter from weight decay.
    /// <summary>Small models for some tens of seconds on two cores, with data that ship.</summary>
    public static CctExperiment Quick { get; } = new(
        CctScale.Quick, Comparison(Small(CompactFamily.ViTLite), Small(CompactFamily.CVT), Small(CompactFamily.CCT)),
        new(Epochs: 4, BatchSize: 32, LearningRate: 3e-3) { Decay = DecayScope.All, CurvePoints = 4 }, TrainSize: 2_000, TestSize: 1_000);

    /// <summary>The official -2 models on CIFAR-10, for minutes on two cores.</summary>
    public static CctExperiment Full { get; } = new(
        CctScale.Full, Comparison(CctOptions.ViTLite2_4, CctOptions.Cvt2_4, CctOptions.Cct2_3x2),
        new(Epochs: 2, BatchSize: 64, LearningRate: 1e-3) { Decay = DecayScope.All, Augment = true, CurvePoints = 8 }, TrainSize: 20_000, TestSize: 10_000);

    /// <summary>The official -7 models on all of CIFAR-10, for minutes on a GPU.</summary>
    public static CctExperiment FullCuda { get; } = Full with
    {
        Scale = CctScale.FullCuda,
        Arms = Comparison(CctOptions.ViTLite7_4, CctOptions.Cvt7_4, CctOptions.Cct7_3x1),
        Recipe = new(Epochs: 20, BatchSize: 128, LearningRate: 1e-3) { Decay = DecayScope.All, Augment = true, CurvePoints = 10 },
        TrainSize = 50_000,
    };

    /// <summary>The experiment of a profile on a device.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="device">A GPU gets larger models in <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static CctExperiment Of(string profile, Device device) => Profile.Choose(profile, Quick, device.type == DeviceType.CUDA ? FullCuda : Full);

    /// <summary>The same with a model of the reader's own beside the paper's.</summary>
    /// <param name="model">Its number of classes follows the data.</param>
    public CctExperiment WithOwn(CctOptions model) => this with { Arms = [.. Arms, new($"yours, {model.Name}", model) { IsOwn = true }] };

    /// <summary>
    /// The data of this scale, cut to size: CIFAR-10 for full; for quick Fashion-MNIST if it is on this machine, else procedural shapes.
    /// </summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had; says what to do.</exception>
    public ImageSplits LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (Scale == CctScale.Quick && DatasetStore.FromEnvironment().Find("fashion-mnist") is null)
            return new(
                Shapes.Classification32.Classification(TrainSize, Seed.Derive(0, DataSeed)),
                Shapes.Classification32.Classification(TestSize, Seed.Derive(0, DataSeed) + Shapes.TestSeedOffset));

        using var whole = Scale == CctScale.Quick ? ImageDatasets.FashionMnist(progress, cancellation) : ImageDatasets.Cifar10(progress, cancellation);
        return new(
            whole.Train.Take(Math.Min(TrainSize, whole.Train.Count), Seed.Derive(0, DataSeed)),
            whole.Test.Take(Math.Min(TestSize, whole.Test.Count), Seed.Derive(0, DataSeed)));
    }

    /// <summary>
    /// Trains every arm with every seed, seed by seed. Arms of one seed see the same images in the same order; all tell the data's classes apart.
    /// </summary>
    /// <param name="data">Usually from <see cref="LoadData"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every arm; <see cref="TrainingProgress.Run"/> names it and its seed.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No arm, no seed, a value outside its range, or a model that does not fit the data.</exception>
    public CctResults Run(
        ImageSplits data, IReadOnlyList<long> seeds, Device? device = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        Recipe.Check();
        if (seeds.Count == 0 || Arms.Count == 0) throw new ArgumentException("An experiment needs at least one arm and one seed.");

        var normalization = Normalization.Of(data.Train);
        var runs = Runs.All(from seed in seeds from arm in Arms select Train(arm, seed, data, normalization, device ?? CPU, progress, cancellation));
        return new(Scale, runs, normalization);
    }

    private CctRun Train(
        CctArm arm, long seed, ImageSplits data, Normalization normalization, Device device, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        using var part = arm.DataShare < 1 ? data.Train.Take((int)(arm.DataShare * data.Train.Count), Seed.Derive(seed, "share")) : null;
        var model = NewModel(arm.Model with { Classes = data.Train.ClassNames.Count }, seed, device);
        var score = ImageClassification.Train($"{arm.Name}, seed {seed}", model, part ?? data.Train, data.Test, normalization, Recipe, seed, device, progress, cancellation);
        return new(arm, seed, model, score.Curve, score.TestAccuracy, score.TrainAccuracy, score.Parameters, score.Macs, score.SamplesPerSecond);
    }

    private static CompactTransformer NewModel(CctOptions options, long seed, Device device)
    {
        using var generator = manual_seed(Seed.Derive(seed, "weights"));
        return new CompactTransformer(options).OnDevice(device);
    }

    private static CctOptions Small(CompactFamily family) =>
        new(family, new CompactSize(Depth: 2, Heads: 2, MlpRatio: 1, EmbedDim: 64), family == CompactFamily.CCT ? 3 : 4, family == CompactFamily.CCT ? 2 : 1)
        {
            HiddenChannels = 32,
            AttentionDropout = 0,
            DropPath = 0,
        };

    private static CctArm[] Comparison(CctOptions vit, CctOptions cvt, CctOptions cct) =>
    [
        CctArm.Of(vit), CctArm.Of(cvt), CctArm.Of(cct),
        CctArm.Of(cvt).WithoutPositions, CctArm.Of(cct).WithoutPositions,
        CctArm.Of(cct).OnHalf,
    ];
}
