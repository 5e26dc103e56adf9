using System.Diagnostics;
using Lab.Data;
using Lab.Data.Catalogue;
using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>
/// The reproduction: tokenizers that differ in their books and losses alone, then priors that differ in their head alone, on the codes of the tokenizer
/// with two books and both losses.
/// </summary>
/// <param name="IsFull">Decides the pictures and which claims get a verdict.</param>
/// <param name="Arms">Bottlenecks.</param>
/// <param name="Codes">K: of the single book.</param>
/// <param name="Config">Sizes of the tokenizer; its latents follow from the arm.</param>
/// <param name="Recipe">Of every tokenizer.</param>
/// <param name="Heads">Of the priors.</param>
/// <param name="Prior">Sizes of every prior.</param>
/// <param name="PriorRecipe">Of every prior.</param>
public sealed record FqganExperiment(
    bool IsFull, IReadOnlyList<FqganArm> Arms, long Codes, TokenizerConfig Config, TokenizerRecipe Recipe,
    IReadOnlyList<FarHead> Heads, PriorOptions Prior, PriorRecipe PriorRecipe)
{
    /// <summary>Batches that the perceptual and the metric network learn from.</summary>
    public (long Perceptual, long Metric) FeatureSteps { get; init; } = (60, 100);

    /// <summary>Pictures in a batch of theirs.</summary>
    public int FeatureBatch { get; init; } = 64;

    /// <summary>Of the losses, where an arm has them.</summary>
    public FqganWeights Weights { get; init; } = new();

    /// <summary>Pictures that every prior generates.</summary>
    public int Samples { get; init; } = 256;

    /// <summary>How they are drawn.</summary>
    public CodeSampling Sampling { get; init; } = new() { Guidance = 1.75 };

    /// <summary>Some tens of seconds on two cores, with pictures that are drawn here.</summary>
    public static FqganExperiment Quick { get; } = new(
        false, [FqganArm.Single, FqganArm.Dual, FqganArm.Disentangled, FqganArm.Both], Codes: 512, TokenizerConfig.P32_4s, new(Steps: 60, BatchSize: 32) { CurvePoints = 4 },
        [FarHead.Linear, FarHead.Autoregressive], PriorOptions.Small, new(Steps: 60));

    /// <summary>All arms and heads on CIFAR-10, for minutes per seed on two cores.</summary>
    public static FqganExperiment Full { get; } = new(
        true, [FqganArm.Single, FqganArm.HalfSingle, FqganArm.Dual, FqganArm.Disentangled, FqganArm.Represented, FqganArm.Both, FqganArm.Rvq, FqganArm.Triple],
        Codes: 2_048, TokenizerConfig.P32_4m, new(Steps: 400, BatchSize: 64) { CurvePoints = 6 },
        [FarHead.Linear, FarHead.Mlp, FarHead.Autoregressive], PriorOptions.Small, new(Steps: 800))
    {
        FeatureSteps = (400, 1_600),
        FeatureBatch = 128,
        Samples = 1_024,
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static FqganExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>Pictures of this scale: drawn shapes, or CIFAR-10.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public TokenizerData LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        TokenizerData.Load(IsFull, Config.Size, progress, cancellation);

    /// <summary>The feature networks: one for the loss, which is also the teacher, another for the metrics.</summary>
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
        return FeatureNets.Both(data, FeatureSteps, FeatureBatch, device, cache, progress, cancellation);
    }

    /// <summary>Options of an arm's bottleneck.</summary>
    /// <param name="arm">One of <see cref="Arms"/>.</param>
    public FactorizedOptions Options(FqganArm arm) => arm.Options(Codes, Config, Weights);

    /// <summary>A tokenizer with its first weights; encoder, decoder and the first branch of all arms of a seed start alike.</summary>
    /// <param name="arm">What it has between encoder and decoder.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="device">The CPU when null.</param>
    public ImageTokenizer Tokenizer(FqganArm arm, long seed, Device? device = null)
    {
        var options = Options(arm);
        return new(Config with { ZChannels = options.Books * options.CodeDim }, () => arm.Make(options), Seed.Derive(seed, "tokenizer"), device);
    }

    /// <summary>Trains every arm with every seed, seed by seed.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="perceptual">For the loss, and the teacher of the representation loss.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed.</exception>
    public FqganTokenizers RunTokenizers(
        TokenizerData data, FeatureNet perceptual, FeatureNet metric, IReadOnlyList<long> seeds, Device? device = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        using var thread = IsFull ? null : new OneThread();
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var runs = Runs.All(from seed in seeds from arm in Arms select Train(arm, seed));
        return new(runs, scorer.Range);

        FqganRun Train(FqganArm arm, long seed)
        {
            var tokenizer = Tokenizer(arm, seed, device);
            try
            {
                var bottleneck = (FactorizedBottleneck)tokenizer.Bottleneck;
                var watch = Stopwatch.StartNew();
                var curve = Recipe.Train($"{arm.Name}, seed {seed}", tokenizer, data.Images.Train, perceptual, scorer, seed, progress, cancellation,
                    (images, made) => bottleneck.Representation(made.Latents, perceptual, images));
                var seconds = watch.Elapsed.TotalSeconds;
                return new(arm, seed, tokenizer, curve, scorer.Score(tokenizer), BookReport.Of(tokenizer, data, device), Recipe.Flops(tokenizer), seconds);
            }
            catch
            {
                tokenizer.Dispose();
                throw;
            }
        }
    }

    /// <summary>Trains a prior with every head on the codes of every seed's tokenizer with both losses, and lets it generate.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="tokenizers">Trained.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="device">Of the tokenizers; the CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public FarResults RunPriors(
        TokenizerData data, FqganTokenizers tokenizers, FeatureNet metric, Device? device = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var thread = IsFull ? null : new OneThread();
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        return new(Runs.All(tokenizers.Of(FqganArm.Both).SelectMany(OfSeed)));

        IEnumerable<FarRun> OfSeed(FqganRun run)
        {
            using var train = CodeGrids.Of(run.Tokenizer, data.Images.Train, data, device);
            using var test = CodeGrids.Of(run.Tokenizer, data.Images.Test, data, device);
            foreach (var head in Heads) yield return Train(head, run, train, test);
        }

        FarRun Train(FarHead head, FqganRun run, CodeGrids train, CodeGrids test)
        {
            var prior = FarPrior.Make(Prior, head, run.Tokenizer, data.ConditionCount, Seed.Derive(run.Seed, "prior"), device);
            try
            {
                var history = PriorRecipe.Train($"{head.Name} head, seed {run.Seed}", prior, train, Seed.Derive(run.Seed, "prior"), progress, cancellation);
                var nats = PriorRecipe.Nats(prior, test);
                var watch = Stopwatch.StartNew();
                var (images, wanted) = Generate(prior, run.Tokenizer, data, train, run.Seed, cancellation);
                var seconds = watch.Elapsed.TotalSeconds / Samples;
                using (images)
                {
                    var score = scorer.Generated(images, wanted);
                    foreach (var labels in wanted) labels.Dispose();
                    return new(head, run.Seed, prior, history, nats, score, images[..FarRun.Shown].clone().DetachFromDisposeScope(), seconds);
                }
            }
            catch
            {
                prior.Dispose();
                throw;
            }
        }
    }

    // Conditions are those of the first training pictures; heads of one seed are asked for the same.
    private (Tensor Images, IReadOnlyList<Tensor> Wanted) Generate(
        CausalPrior prior, ImageTokenizer tokenizer, TokenizerData data, CodeGrids train, long seed, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var codes = prior.Sample(train.Labels[..Samples], Sampling with { Seed = seed }, cancellation);
        var grid = tokenizer.Config.Grid;
        var images = tokenizer.Detokenize(codes.view(Samples, grid, grid, -1));
        var wanted = data.Split(data.Images.Train.Labels[..Samples]).Take(data.ConditionHeads.Count).Select(labels => labels.to(images.device, copy: true).MoveToOuterDisposeScope());
        return (images.MoveToOuterDisposeScope(), [.. wanted]);
    }
}
