using Lab.Data;
using Lab.Data.Catalogue;
using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>
/// The reproduction in three parts: quantizers on fixed vectors at equal bits, the same inside a tokenizer of pictures, and
/// entities of a graph as sets of anchors and relations.
/// </summary>
/// <param name="IsFull">Decides the pictures and which claims get a verdict.</param>
/// <param name="Vectors">Part A: one comparison per rate.</param>
/// <param name="Arms">Part B: bottlenecks.</param>
/// <param name="Config">Sizes of the tokenizer.</param>
/// <param name="Recipe">Of every tokenizer.</param>
/// <param name="Graph">Part C.</param>
public sealed record SurveyExperiment(
    bool IsFull, IReadOnlyList<VectorComparison> Vectors, IReadOnlyList<TokenizerArm> Arms, TokenizerConfig Config, TokenizerRecipe Recipe, GraphComparison Graph)
{
    private const int GapPictures = 256;

    /// <summary>Pictures in a batch of theirs.</summary>
    public int FeatureBatch { get; init; } = 64;

    /// <summary>Batches that the perceptual and the metric network learn from.</summary>
    public (long Perceptual, long Metric) FeatureSteps { get; init; } = (60, 100);

    /// <summary>Part B, after it: priors that generate.</summary>
    public GenerationPlan Generation { get; init; } = new(
        [new(TokenizerArm.Fsq, PriorKind.Causal)], PriorOptions.Small, new(Steps: 40), Samples: 128);

    /// <summary>Some tens of seconds on two cores, with pictures that are drawn here.</summary>
    public static SurveyExperiment Quick { get; } = new(
        false, [VectorComparison.Bits24], [TokenizerArm.NaiveVq, TokenizerArm.RevivedVq, TokenizerArm.Fsq, TokenizerArm.Bsq],
        TokenizerConfig.P32_4s, new(Steps: 80, BatchSize: 32), new(Entities: 300, AnchorCount: 30, Hidden: 64, Steps: 400));

    /// <summary>All kinds and estimators on CIFAR-10, for minutes per seed on two cores.</summary>
    public static SurveyExperiment Full { get; } = new(
        true, [VectorComparison.Bits16, VectorComparison.Bits24],
        [
            TokenizerArm.Continuous, TokenizerArm.NaiveVq, TokenizerArm.KMeansVq, TokenizerArm.RevivedVq, TokenizerArm.EmaVq, TokenizerArm.SphereVq, TokenizerArm.SimVq,
            TokenizerArm.Rvq, TokenizerArm.Pq, TokenizerArm.Fsq, TokenizerArm.Lfq, TokenizerArm.Bsq,
            TokenizerArm.Rotation, TokenizerArm.Directional, TokenizerArm.Gumbel, TokenizerArm.SoftToHard,
        ],
        TokenizerConfig.P32_4s, new(Steps: 220, BatchSize: 64) { CurvePoints = 8 }, new(Entities: 1000, AnchorCount: 100, Hidden: 48, Steps: 1200) { Starts = 3 })
    {
        FeatureSteps = (400, 1_600),
        FeatureBatch = 128,
        Generation = new(
            [
                new(TokenizerArm.RevivedVq, PriorKind.Causal), new(TokenizerArm.Fsq, PriorKind.Causal), new(TokenizerArm.Lfq, PriorKind.Causal), new(TokenizerArm.Bsq, PriorKind.Causal),
                new(TokenizerArm.RevivedVq, PriorKind.MaskGit), new(TokenizerArm.Continuous, PriorKind.Flow),
            ],
            PriorOptions.Medium, new(Steps: 200), Samples: 1_024),
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static SurveyExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>Pictures of this scale: drawn shapes, or CIFAR-10.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public TokenizerData LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        TokenizerData.Load(IsFull, Config.Size, progress, cancellation);

    /// <summary>Part A: drawn vectors, in full also patches of the pictures.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="cancellation">Stops before the next quantizer.</param>
    public IReadOnlyList<VectorRun> RunVectors(TokenizerData data, IReadOnlyList<long> seeds, CancellationToken cancellation = default)
    {
        var runs = new List<VectorRun>();
        foreach (var seed in Checked(seeds))
        {
            using var clusters = FixedVectors.Clusters(seed);
            runs.AddRange(Vectors.Select(comparison => Run(comparison, clusters, seed)));
            if (!IsFull) continue;
            using var patches = FixedVectors.Patches(data.Images, seed);
            runs.Add(Run(VectorComparison.Bits64, patches, seed));
        }
        return runs;

        VectorRun Run(VectorComparison comparison, FixedVectors vectors, long seed) =>
            new(vectors.Name, comparison, seed, comparison.Run(vectors, seed, cancellation), comparison.Stages(vectors, seed));
    }

    /// <summary>The feature networks of part B.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about both trainings.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public (TrainedFeatures Perceptual, TrainedFeatures Metric) TrainFeatures(
        TokenizerData data, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        FeatureNets.Both(data, FeatureSteps, FeatureBatch, device, cache, progress, cancellation);

    /// <summary>Part B: trains every arm with every seed, seed by seed.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="perceptual">For the loss.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public TokenizerResults RunTokenizers(
        TokenizerData data, FeatureNet perceptual, FeatureNet metric, IReadOnlyList<long> seeds, Device? device = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var runs = Runs.All(from seed in Checked(seeds) from arm in Arms select Train(arm, seed));
        return new(runs, scorer.Range);

        TokenizerRun Train(TokenizerArm arm, long seed)
        {
            var config = Config with { ZChannels = arm.Channels ?? Config.ZChannels };
            var tokenizer = new ImageTokenizer(config, () => arm.Make(config.ZChannels), Seed.Derive(seed, "tokenizer"), device);
            try
            {
                var watch = System.Diagnostics.Stopwatch.StartNew();
                var curve = Recipe.Train($"{arm.Name}, seed {seed}", tokenizer, data.Images.Train, perceptual, scorer, seed, progress, cancellation);
                var seconds = watch.Elapsed.TotalSeconds;
                return new(arm, seed, tokenizer, curve, scorer.Score(tokenizer), scorer.TrainingGap(tokenizer, GapPictures), Recipe.Flops(tokenizer), seconds);
            }
            catch
            {
                tokenizer.Dispose();
                throw;
            }
        }
    }

    /// <summary>Trains priors on the tokenizers of part B, seed by seed, and lets them generate.</summary>
    /// <param name="data">Pictures.</param>
    /// <param name="tokenizers">Part B.</param>
    /// <param name="metric">For the metrics.</param>
    /// <param name="device">Of the tokenizers; the CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Fewer pictures than are shown, or more than there are training pictures.</exception>
    public GenerationResults RunGeneration(
        TokenizerData data, TokenizerResults tokenizers, FeatureNet metric, Device? device = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (Generation.Samples < GenerationRun.Shown || Generation.Samples > data.Images.Train.Count)
            throw new ArgumentException($"A prior generates {GenerationRun.Shown} to {data.Images.Train.Count} pictures, as many classes as there are to ask for, got {Generation.Samples}.");
        using var thread = IsFull ? null : new OneThread();
        using var scorer = new TokenizerScorer(metric, data.Images.Test, device);
        var part = new GenerationPart(Generation, data, scorer, new(device ?? CPU, ModelCache.Default, progress, cancellation));
        var seeds = tokenizers.Runs.Select(run => run.Seed).Distinct();
        return new(Runs.All(from seed in seeds from arm in Generation.Arms from run in tokenizers.Of(arm.Tokenizer) where run.Seed == seed select part.Run(arm, run)));
    }

    /// <summary>Part C.</summary>
    /// <param name="seeds">At least one.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    public IReadOnlyList<GraphRun> RunGraphs(IReadOnlyList<long> seeds, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        [.. Checked(seeds).Select(seed => Graph.Run(seed, progress, cancellation))];

    private static IReadOnlyList<long> Checked(IReadOnlyList<long> seeds) =>
        seeds.Count > 0 ? seeds : throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
}

/// <summary>Part A with one seed and rate.</summary>
/// <param name="Data">Name of the vectors.</param>
/// <param name="Comparison">What was compared.</param>
/// <param name="Seed">Of vectors and fits.</param>
/// <param name="Scores">In the order of the comparison's arms.</param>
/// <param name="Stages">Error over variance after every stage of RVQ; the first is 1.</param>
public sealed record VectorRun(string Data, VectorComparison Comparison, long Seed, IReadOnlyList<VectorScore> Scores, IReadOnlyList<double> Stages)
{
    /// <summary>The score of a quantizer.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public VectorScore this[string name] => Scores.FirstOrDefault(score => score.Name == name) ?? throw new KeyNotFoundException($"There is no score of '{name}'.");
}

/// <summary>Part B. Owns the tokenizers.</summary>
/// <param name="Runs">Seed by seed, in the order of the arms.</param>
/// <param name="Frechet">Between what the Frechet distances lie.</param>
public sealed record TokenizerResults(IReadOnlyList<TokenizerRun> Runs, FrechetRange Frechet) : IDisposable
{
    /// <summary>The arms, in order.</summary>
    public IReadOnlyList<TokenizerArm> Arms => [.. Runs.Select(run => run.Arm).Distinct()];

    /// <summary>The runs of an arm, one per seed; none if it was not trained.</summary>
    public IReadOnlyList<TokenizerRun> Of(TokenizerArm arm) => [.. Runs.Where(run => run.Arm == arm)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }
}
