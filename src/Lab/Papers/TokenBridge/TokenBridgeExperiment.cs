using System.Text.Json;
using Lab.Data;
using Lab.Data.Catalogue;
using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge.Priors;
using Lab.Quantization;
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
    private const int TrainPictures = 4_096, TestPictures = 1_024, StatsPictures = 1_024, BookSize = 1024, SamplesKept = 10;
    internal const string PsnrName = "PSNR";
    private const double Revival = 0.1; // moving count of vectors per batch below which a code is dead, as in the survey of discrete tokenization

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

    /// <summary>Test pictures that all quantizers are measured on.</summary>
    public int Pictures { get; init; } = 512;

    /// <summary>Training pictures that priors learn from, at most.</summary>
    public int PriorPictures { get; init; } = TrainPictures;

    /// <summary>Batches that the perceptual and the metric network learn from, and the pictures of a batch.</summary>
    public (long Perceptual, long Metric, int Batch) Features { get; init; } = (60, 100, 64);

    /// <summary>Some tens of seconds on two cores, with pictures that are drawn here.</summary>
    public static TokenBridgeExperiment Quick { get; } = new(
        false, TokenizerConfig.P32_4s, new(Steps: 300, BatchSize: 32) { CurvePoints = 6 },
        new([new("parallel", HeadKind.Parallel, 16), new("AR", HeadKind.Autoregressive, 16)], Steps: 200, BatchSize: 32, Samples: 256));

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
        Pictures = TestPictures,
        PriorPictures = 12_800,
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static TokenBridgeExperiment Of(string profile) => profile switch
    {
        "quick" => Quick,
        "full" => Full,
        _ => throw new ArgumentException($"'{profile}' is no profile. Known are quick and full.", nameof(profile)),
    };

    /// <summary>Pictures of this scale: drawn shapes, or CIFAR-10.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public TokenizerData LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) => IsFull
        ? TokenizerData.Cifar10(TestPictures, progress, cancellation)
        : TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = Config.Size }, TrainPictures, TestPictures, seed: 0);

    /// <summary>The feature networks: one for the loss, another for the metrics.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about both trainings.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public (TrainedFeatures Perceptual, TrainedFeatures Metric) TrainFeatures(
        TokenizerData data, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        FeatureNets.Both(data, (Features.Perceptual, Features.Metric), Features.Batch, device, cache, progress, cancellation);

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
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var runs = new BridgeRuns([], scorer.Range);
        try
        {
            foreach (var seed in seeds) runs.Items.Add(Run(seed));
            return runs;
        }
        catch
        {
            runs.Dispose();
            throw;
        }

        BridgeRun Run(long seed)
        {
            var trained = new List<TrainedTokenizer>();
            try
            {
                trained.Add(Train("continuous", seed, _ => new KlBottleneck(KlWeight)));
                trained.Add(Train($"VQ, K = {BookSize}", seed, z => new QuantizedBottleneck(new VectorQuantizer(new EmaCodebook(BookSize, z) { RevivalThreshold = Revival }))));
                var (tokenizer, stats) = (trained[0].Tokenizer, LatentStats.Of(trained[0].Tokenizer, data.Images.Train, StatsPictures));
                return new(seed, trained[0], trained[1], stats, Measure(tokenizer, stats), Rescore(tokenizer, stats), Order(tokenizer));
            }
            catch
            {
                foreach (var tokenizer in trained) tokenizer.Dispose();
                throw;
            }
        }

        TrainedTokenizer Train(string name, long seed, Func<int, Bottleneck> bottleneck)
        {
            var tokenizer = new ImageTokenizer(Config, () => bottleneck(Config.ZChannels), Seed.Derive(seed, "tokenizer"), device);
            var key = Key(name, data, seed, device ?? CPU);
            var (curve, fromCache) = (cache ?? ModelCache.Default).LoadOrTrain(tokenizer, key, () =>
            {
                var watch = System.Diagnostics.Stopwatch.StartNew();
                var points = Recipe.Train($"{name}, seed {seed}", tokenizer, data.Images.Train, perceptual, scorer, seed, progress, cancellation);
                return [.. points.Select(point => new TrainingProgress(
                    name, point.Step, Recipe.Steps, point.Loss, Recipe.LearningRate, Recipe.Steps * Recipe.BatchSize / watch.Elapsed.TotalSeconds, watch.Elapsed, new Dictionary<string, double> { [PsnrName] = point.Psnr }))];
            });
            try
            {
                return new(name, tokenizer, curve, scorer.Score(tokenizer), Recipe.Flops(tokenizer), key, fromCache);
            }
            catch
            {
                tokenizer.Dispose();
                throw;
            }
        }

        QuantizationSweep Measure(ImageTokenizer tokenizer, LatentStats stats)
        {
            using var ready = new PostTraining(tokenizer, stats.Scale, data.Images.Test, Pictures);
            var points = from table in Enum.GetValues<ScalarTable>()
                         from levels in Levels
                         from range in table == ScalarTable.Gaussian ? Ranges : [MainRange]
                         select ready.Measure(table, levels, range);
            return new(ready.ContinuousError, ready.ContinuousPsnr, [.. points]);
        }

        IReadOnlyDictionary<int, TokenizerScore> Rescore(ImageTokenizer tokenizer, LatentStats stats) => new[] { MainLevels, 16, 8 }.ToDictionary(levels => levels, levels =>
        {
            using var quantized = PostTrainingBottleneck.Quantize(tokenizer, new GaussianScalarQuantizer(Config.ZChannels, levels, MainRange), stats.Scale);
            return scorer.Score(quantized);
        });

        FrequencyOrder Order(ImageTokenizer tokenizer)
        {
            using var latents = LatentStats.Latents(tokenizer, data.Images.Train, StatsPictures);
            return FrequencyOrder.Of(latents);
        }
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
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var runs = new PriorRuns([], []);
        try
        {
            foreach (var run in tokenizers.Items) Run(run);
            return runs;
        }
        catch
        {
            runs.Dispose();
            throw;
        }

        void Run(BridgeRun run)
        {
            using var train = LatentGrids.Of(run.Continuous.Tokenizer, run.Stats.Scale, data.Images.Train, data, PriorPictures);
            using var test = LatentGrids.Of(run.Continuous.Tokenizer, run.Stats.Scale, data.Images.Test, data, TestPictures);
            var trained = Prior.Train(train, run.Continuous.Key, data.ConditionCount, run.Order, run.Seed, cache, progress, cancellation);
            runs.Owned.Add(trained);
            foreach (var (arm, prior, training) in Prior.Arms.Zip(trained.Priors, trained.Trainings))
            {
                using var scope = NewDisposeScope();
                var watch = System.Diagnostics.Stopwatch.StartNew();
                var (images, wanted) = Generate(run, prior);
                var each = watch.Elapsed.TotalSeconds / Prior.Samples;
                runs.Items.Add(new(arm, run.Seed, prior, prior.Nats(test), scorer.Generated(images, wanted), images[..SamplesKept].cpu().DetachFromDisposeScope(), training, each));
            }
        }

        (Tensor Images, IReadOnlyList<Tensor> Wanted) Generate(BridgeRun run, TrainedPrior prior)
        {
            using var random = new Generator((ulong)Seed.Derive(run.Seed, "generated classes"));
            var labels = data.Images.Train.Labels[randint(data.Images.Train.Count, [Prior.Samples], generator: random)].to(device ?? CPU);
            using var latents = prior.Sample(data.Conditions(labels), Prior.Sampling with { Seed = run.Seed }, cancellation);
            return (run.Decode(latents), [.. data.Split(labels).Take(data.ConditionHeads.Count)]);
        }
    }

    private string Key(string name, TokenizerData data, long seed, Device device) => JsonSerializer.Serialize(new
    {
        kind = "tokenbridge tokenizer",
        name,
        Config,
        Recipe,
        KlWeight,
        Features = Features.ToString(),
        data = data.Name,
        pictures = data.Images.Train.Count,
        seed,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data", "Quantization", "ImageTokenizers"),
    });
}
