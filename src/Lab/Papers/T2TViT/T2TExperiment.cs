using Lab.Data;
using Lab.Data.Catalogue;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>How large a reproduction is.</summary>
public enum T2TScale
{
    /// <summary>Drawn shapes and a few epochs: the mechanism and its cost.</summary>
    Quick,

    /// <summary>Part of CIFAR-10, two epochs: the same.</summary>
    Full,

    /// <summary>All of CIFAR-10, fifty epochs on a GPU: accuracies, too.</summary>
    FullCuda,
}

/// <summary>One model of the comparison.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Model">What is trained.</param>
public sealed record T2TArm(string Name, T2TOptions Model);

/// <summary>What became of an arm with one seed. Owns the model.</summary>
/// <param name="Arm">What was trained.</param>
/// <param name="Seed">Of first weights, data order and dropout.</param>
/// <param name="Model">In evaluation mode.</param>
/// <param name="Score">After the last step.</param>
/// <param name="Untrained">What its tokens told about their surroundings before training, in white noise.</param>
/// <param name="Trained">The same after training.</param>
public sealed record T2TRun(T2TArm Arm, long Seed, T2TVisionTransformer Model, ClassifierScore Score, ContextProbe Untrained, ContextProbe Trained) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>
/// The reproduction: the same backbone behind different ways to cut a picture into as many tokens, trained alike; what tokens know of
/// their surroundings; what the attention between splits costs.
/// </summary>
/// <param name="Scale">Decides the data and which claims get a verdict.</param>
/// <param name="Arms">What is trained.</param>
/// <param name="Recipe">How.</param>
/// <param name="TrainSize">Training images; more than there are means all.</param>
/// <param name="TestSize">Test images, likewise.</param>
public sealed record T2TExperiment(T2TScale Scale, IReadOnlyList<T2TArm> Arms, ClassificationRecipe Recipe, int TrainSize, int TestSize)
{
    private const string DataSeed = "t2t-vit";

    // Splits that leave 8x8 tokens of pictures of 32 pixels; the official ones would leave 2x2.
    private static readonly Split[] two = [new(5, 2, 2), new(3, 2, 1)], three = [new(3, 1, 1), new(3, 2, 1), new(3, 2, 1)];

    /// <summary>Some tens of seconds on two cores, with pictures that are drawn here.</summary>
    public static T2TExperiment Quick { get; } = new(
        T2TScale.Quick, Kinds(Small(two) with { DropPath = 0 }, T2TKind.Performer, T2TKind.None, T2TKind.Convolution),
        new(Epochs: 3, BatchSize: 32, LearningRate: 2e-3) { CurvePoints = 3 }, TrainSize: 1_500, TestSize: 1_000);

    /// <summary>On CIFAR-10, for minutes per seed on two cores.</summary>
    public static T2TExperiment Full { get; } = new(
        T2TScale.Full, [.. Kinds(Small(three) with { Depth = 7 }, T2TKind.Performer, T2TKind.None, T2TKind.Convolution), new("T2T, shallow and wide", Small(three) with { Dim = 120, Depth = 2 })],
        new(Epochs: 2, BatchSize: 64, LearningRate: 1e-3) { Augment = true, CurvePoints = 6 }, TrainSize: 20_000, TestSize: 10_000);

    /// <summary>On all of CIFAR-10, for minutes on a GPU.</summary>
    public static T2TExperiment FullCuda { get; } = Full with
    {
        Scale = T2TScale.FullCuda,
        Arms =
        [
            .. Kinds(Small(three) with { Dim = 256, Depth = 7, Heads = 4 }, T2TKind.Performer, T2TKind.None, T2TKind.Convolution, T2TKind.Transformer),
            new("T2T, shallow and wide", Small(three) with { Dim = 480, Depth = 2, Heads = 4 }),
        ],
        Recipe = new(Epochs: 50, BatchSize: 512, LearningRate: 1e-3) { Augment = true, CurvePoints = 10 },
        TrainSize = 50_000,
    };

    /// <summary>The experiment of a profile on a device.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="device">A GPU gets larger models in <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static T2TExperiment Of(string profile, Device device) => Profile.Choose(profile, Quick, device.type == DeviceType.CUDA ? FullCuda : Full);

    /// <summary>Data of this scale, cut to size: CIFAR-10, or drawn shapes.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public ImageSplits LoadData(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var seed = Seed.Derive(0, DataSeed);
        if (Scale == T2TScale.Quick) return new(Shapes.Classification32.Classification(TrainSize, seed), Shapes.Classification32.Classification(TestSize, seed + Shapes.TestSeedOffset));
        using var whole = ImageDatasets.Cifar10(progress, cancellation);
        return new(whole.Train.Take(Math.Min(TrainSize, whole.Train.Count), seed), whole.Test.Take(Math.Min(TestSize, whole.Test.Count), seed));
    }

    /// <summary>Trains every arm with every seed, seed by seed, and probes its tokens before and after.</summary>
    /// <param name="data">Usually from <see cref="LoadData"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No arm or seed, or a value outside its range.</exception>
    public T2TResults Run(ImageSplits data, IReadOnlyList<long> seeds, Device? device = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0 || Arms.Count == 0) throw new ArgumentException("An experiment needs at least one arm and one seed.");
        var normalization = Normalization.Of(data.Train);
        var runs = Runs.All(from seed in seeds from arm in Arms select Train(arm, seed));
        return new(Scale, runs, normalization);

        T2TRun Train(T2TArm arm, long seed)
        {
            T2TVisionTransformer model;
            using (manual_seed(Seed.Derive(seed, "weights"))) model = new(arm.Model with { Classes = data.Train.ClassNames.Count });
            var untrained = Probe();
            model.OnDevice(device ?? CPU);
            var score = ImageClassification.Train($"{arm.Name}, seed {seed}", model, data.Train, data.Test, normalization, Recipe, seed, device ?? CPU, progress, cancellation);
            model.OnDevice(CPU);
            var trained = Probe();
            return new(arm, seed, model.OnDevice(device ?? CPU), score, untrained, trained);

            ContextProbe Probe()
            {
                model.eval();
                return ContextProbe.OfNoise(model.Tokenizer, arm.Model.ImageSize, seed);
            }
        }
    }

    private static T2TOptions Small(IReadOnlyList<Split> splits) => new(T2TKind.Performer, 64, 4, 2, 2) { ImageSize = 32, Splits = splits, TokenDim = 32 };

    private static T2TArm[] Kinds(T2TOptions model, params T2TKind[] kinds) => [.. kinds.Select(kind => new T2TArm(Name(kind), model with { Kind = kind }))];

    private static string Name(T2TKind kind) => kind switch
    {
        T2TKind.Performer => "T2T",
        T2TKind.Transformer => "T2T, softmax",
        T2TKind.Convolution => "convolutions",
        _ => "patches",
    };
}

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Scale">Decides which claims get a verdict.</param>
/// <param name="Runs">Seed by seed, in the order of the arms.</param>
/// <param name="Normalization">That the models' inputs went through.</param>
public sealed record T2TResults(T2TScale Scale, IReadOnlyList<T2TRun> Runs, Normalization Normalization) : IDisposable
{
    /// <summary>The arms, in order.</summary>
    public IReadOnlyList<T2TArm> Arms => [.. Runs.Select(run => run.Arm).Distinct()];

    /// <summary>The runs of an arm, one per seed.</summary>
    public IReadOnlyList<T2TRun> Of(T2TArm arm) => [.. Runs.Where(run => run.Arm == arm)];

    /// <summary>The runs of a kind of tokens with the deep backbone; none if it was not trained.</summary>
    public IReadOnlyList<T2TRun> Of(T2TKind kind) => [.. Runs.Where(run => run.Arm.Model.Kind == kind && run.Arm.Model.Depth > 2)];

    private IReadOnlyList<T2TRun> Wide => [.. Runs.Where(run => run.Arm.Model.Depth == 2)];

    /// <summary>The paper's claims beside what was measured. A claim whose arms were not trained is left out.</summary>
    /// <param name="costs">Of both kinds of attention at two sizes, the second twice as wide.</param>
    /// <remarks>Source: tables 2, 3 and 7 of arXiv 2101.11986.</remarks>
    public Claims Claims(IReadOnlyList<LayerCost> costs)
    {
        var gpu = Scale == T2TScale.FullCuda;
        var twoOfThree = (2 * Runs.Select(run => run.Seed).Distinct().Count() + 2) / 3;
        var (t2t, patches, convolutions, softmax) = (Of(T2TKind.Performer), Of(T2TKind.None), Of(T2TKind.Convolution), Of(T2TKind.Transformer));
        Claim?[] claims =
        [
            new("A token of T2T tells of the pixels around its cell", "neighbouring tokens overlap", [.. t2t.Select(run => run.Untrained.Ring)], "of their variance") { Required = 0.15 },
            new("A token of patches does not", "hard splits cut structure", [.. patches.Select(run => -Math.Abs(run.Untrained.Ring))], "of their variance") { Required = -0.02 },
            new("Performer attention needs at most a quarter of the multiply-adds", "4.8 against 6.1 GMAC for the whole model", [Macs(costs, 0)], "of softmax's, less") { Required = 0.75 },
            new("They grow no more than tokens do at twice the side of the picture", "linear in the number of tokens", [4 - (double)Of(costs, T2TKind.Performer)[1].Macs / Of(costs, T2TKind.Performer)[0].Macs], "x to spare") { Required = 0 },
            new("Its time grows less than 6 times", "linear in the number of tokens", [6 - Growth(costs, T2TKind.Performer)], "x to spare") { Required = Scale == T2TScale.Quick ? null : 0 },
            new("Softmax attention's time at twice the side", "quadratic", [Growth(costs, T2TKind.Transformer)], "x"),
            Ahead("T2T tells classes apart better than patches", "+2.0 points (81.5, 79.5 %)", gpu ? 1 : null, t2t, patches),
            Ahead("T2T is no worse than convolutions by more than 1 point", "+0.7 points (81.5, 80.8 %)", gpu ? -1 : null, t2t, convolutions),
            Ahead("Softmax between splits against Performer", "+0.2 points (81.7, 81.5 %)", null, softmax, t2t),
            Ahead("Deep and narrow beats shallow and wide", "+2.7 points (81.5, 78.8 %)", gpu ? 0 : null, t2t, Wide),
        ];
        return new("t2t-vit", [.. claims.OfType<Claim>()]);

        Claim? Ahead(string name, string reported, double? required, IReadOnlyList<T2TRun> ours, IReadOnlyList<T2TRun> theirs) => ours.Count == 0 || theirs.Count == 0
            ? null
            : new(name, reported, [.. ours.Zip(theirs, (a, b) => a.Score.TestAccuracy - b.Score.TestAccuracy)], "points") { Required = required, SeedsRequired = required is null ? null : twoOfThree };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private static double Macs(IReadOnlyList<LayerCost> costs, int size) =>
        1 - (double)Of(costs, T2TKind.Performer)[size].Macs / Of(costs, T2TKind.Transformer)[size].Macs;

    private static double Growth(IReadOnlyList<LayerCost> costs, T2TKind kind) => Of(costs, kind)[1].Seconds / Of(costs, kind)[0].Seconds;

    private static LayerCost[] Of(IReadOnlyList<LayerCost> costs, T2TKind kind) => [.. costs.Where(cost => cost.Kind == kind)];
}
