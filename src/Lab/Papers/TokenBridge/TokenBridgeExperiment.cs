using Lab.Data;
using Lab.Data.Catalogue;
using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge.Priors;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>
/// The reproduction in two parts: a continuous autoencoder that is quantized after its training, and priors whose heads give
/// the channels of a position in different ways.
/// </summary>
/// <param name="IsFull">Decides the pictures and which claims get a verdict.</param>
/// <param name="Config">Sizes of the autoencoder and of the tokenizer that it is compared with.</param>
/// <param name="Recipe">Of both.</param>
/// <param name="Prior">Part 2.</param>
public sealed record TokenBridgeExperiment(bool IsFull, TokenizerConfig Config, TokenizerRecipe Recipe, PriorPlan Prior)
{
    internal const string PsnrName = "PSNR";

    /// <summary>Quantized to so many values per channel, from many to few: the steps of the claims.</summary>
    public static IReadOnlyList<int> Levels { get; } = [128, 64, 32, 16, 8, 4];

    /// <summary>Ranges of the quantizer.</summary>
    public static IReadOnlyList<double> Ranges { get; } = [2, 3, 4, 5, 6, 8];

    /// <summary>The paper's choice.</summary>
    public const int MainLevels = 64;

    /// <summary>The paper's choice.</summary>
    public const double MainRange = 5;

    /// <summary>Weight of the divergence.</summary>
    public double KlWeight { get; init; } = 1e-2;

    /// <summary>Test pictures that all quantizers are measured on, and whose tokens priors are asked for.</summary>
    public int Pictures { get; init; } = 256;

    /// <summary>Training pictures that priors learn from, at most.</summary>
    public int PriorPictures { get; init; } = TokenizerData.TrainPictures;

    /// <summary>Batches that the perceptual and the metric network learn from, and the pictures of a batch.</summary>
    public (long Perceptual, long Metric, int Batch) Features { get; init; } = (60, 100, 64);

    /// <summary>Some tens of seconds on two cores, with pictures that are drawn here.</summary>
    public static TokenBridgeExperiment Quick { get; } = new(
        false, TokenizerConfig.P32_4s, new(Steps: 120, BatchSize: 32) { CurvePoints = 5 },
        new([new("parallel", HeadKind.Parallel, 16), new("AR", HeadKind.Autoregressive, 16)], Steps: 150, BatchSize: 32, Samples: 128));

    /// <summary>CIFAR-10, for minutes per seed on two cores.</summary>
    public static TokenBridgeExperiment Full { get; } = new(
        true, TokenizerConfig.P32_4s, new(Steps: 600, BatchSize: 64) { CurvePoints = 8 },
        new(
            [
                new("parallel", HeadKind.Parallel, 64), new("AR", HeadKind.Autoregressive, 64), new("AR, slow first", HeadKind.Autoregressive, 64) { ByFrequency = true },
                new("parallel, B = 16", HeadKind.Parallel, 16), new("AR, B = 16", HeadKind.Autoregressive, 16), new("AR by 2, B = 16", HeadKind.Autoregressive, 16) { Group = 2 },
                new("diffusion", HeadKind.Diffusion, 0),
            ],
            Steps: 400, BatchSize: 32, Samples: 512)
        {
            Masked = new(64, 2, 4) { Buffer = 8, Dropout = 0 },
        })
    {
        Features = (400, 1_600, 128),
        Pictures = TokenizerData.TestPictures,
        PriorPictures = 12_800,
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static TokenBridgeExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>Pictures of this scale: drawn shapes, or CIFAR-10.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public TokenizerData LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        TokenizerData.Load(IsFull, Config.Size, progress, cancellation);

    /// <summary>The feature networks: one for the loss, another for the metrics.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about both trainings.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public (TrainedFeatures Perceptual, TrainedFeatures Metric) TrainFeatures(
        TokenizerData data, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var thread = IsFull ? null : new OneThread();
        return FeatureNets.Both(data, (Features.Perceptual, Features.Metric), Features.Batch, device, cache, progress, cancellation);
    }

    /// <summary>Part 1: trains the autoencoder, and beside it a tokenizer with a learned book, then quantizes the autoencoder in every way.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="perceptual">For the loss.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public BridgeRuns RunTokenizers(
        TokenizerData data, FeatureNet perceptual, FeatureNet metric, IReadOnlyList<long> seeds, Device? device = null, ModelCache? cache = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        using var thread = IsFull ? null : new OneThread();
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var part = new TokenizerPart(this, data, perceptual, scorer, new(device ?? CPU, cache ?? ModelCache.Default, progress, cancellation));
        return new(Runs.All(seeds.Select(part.Run)), scorer.Range);
    }

    /// <summary>Part 2: trains priors on the latents of every seed's autoencoder and lets them generate.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="tokenizers">Part 1.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public PriorRuns RunPriors(
        TokenizerData data, BridgeRuns tokenizers, FeatureNet metric, Device? device = null, ModelCache? cache = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var thread = IsFull ? null : new OneThread();
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var part = new PriorPart(this, data, scorer, new(device ?? CPU, cache ?? ModelCache.Default, progress, cancellation));
        var runs = new PriorRuns([], []);
        try
        {
            foreach (var run in tokenizers.Items) part.Run(run, runs);
            return runs;
        }
        catch
        {
            runs.Dispose();
            throw;
        }
    }
}
