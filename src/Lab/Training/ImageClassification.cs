using Lab.Data;
using Lab.Data.Augmentation;
using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>How classifiers of pictures or pixels that are compared are trained: AdamW, linear warm-up, cosine to zero.</summary>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="BatchSize">Images in a step.</param>
/// <param name="LearningRate">Peak.</param>
public sealed record ClassificationRecipe(int Epochs, int BatchSize, double LearningRate)
{
    /// <summary>Share of the steps on the way up.</summary>
    public double WarmupShare { get; init; } = 0.1;

    /// <summary>Of AdamW.</summary>
    public double WeightDecay { get; init; } = 0.03;

    /// <summary>What it shrinks.</summary>
    public DecayScope Decay { get; init; } = DecayScope.Matrices;

    /// <summary>Of the cross entropy.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Random crops after padding by 4 pixels, and flips.</summary>
    public bool Augment { get; init; }

    /// <summary>Points of a training curve.</summary>
    public int CurvePoints { get; init; } = 6;

    internal TrainingOptions Options(string name, long steps, long seed) => new(name, steps, new LearningRateSchedule(LearningRate) { WarmupSteps = (long)(WarmupShare * steps) })
    {
        AdamW = new() { WeightDecay = WeightDecay, Decay = Decay },
        Seed = seed,
        EvaluationInterval = Math.Max(1, steps / CurvePoints),
    };

    internal void Check()
    {
        if (Epochs < 1) throw new ArgumentException($"{nameof(Epochs)} must be at least 1, got {Epochs}.");
        if (WarmupShare is not (>= 0 and < 1)) throw new ArgumentException($"{nameof(WarmupShare)} must lie in [0, 1), got {WarmupShare}.");
        if (CurvePoints < 1) throw new ArgumentException($"{nameof(CurvePoints)} must be at least 1, got {CurvePoints}.");
    }
}

/// <summary>A point of a training curve.</summary>
/// <param name="Samples">Training images seen, repetitions counted.</param>
/// <param name="TestAccuracy">Top-1 in %, on the first test images; at the last point on all of them.</param>
/// <param name="Loss">Training loss of the last few steps.</param>
public sealed record CurvePoint(long Samples, double TestAccuracy, double Loss);

/// <summary>What became of a classifier after its last step.</summary>
/// <param name="Curve">Test accuracy while training.</param>
/// <param name="TestAccuracy">Top-1 in % on the whole test set.</param>
/// <param name="TrainAccuracy">Top-1 in % on the first 2,000 training images, without augmentation.</param>
/// <param name="Parameters">Of the model, frozen ones included.</param>
/// <param name="Macs">Of one picture.</param>
/// <param name="SamplesPerSecond">While training, evaluation excluded.</param>
public sealed record ClassifierScore(
    IReadOnlyList<CurvePoint> Curve, double TestAccuracy, double TrainAccuracy, long Parameters, MacCount Macs, double SamplesPerSecond);

/// <summary>Trains and scores classifiers of pictures, all alike.</summary>
public static class ImageClassification
{
    private const int EvaluationBatch = 250, CurveImages = 1_000, TrainImages = 2_000;
    private const string TestAccuracy = "test accuracy";

    /// <summary>Trains a classifier. Runs of one seed see the same images in the same order.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="model">From pictures [B, C, H, W] to logits [B, classes]; in evaluation mode when this returns, disposed when it throws.</param>
    /// <param name="train">Pictures.</param>
    /// <param name="test">For the curve and the score.</param>
    /// <param name="normalization">Of all pictures.</param>
    /// <param name="recipe">How.</param>
    /// <param name="seed">Of the order, of augmentation and of dropout.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    public static ClassifierScore Train(
        string name, nn.Module<Tensor, Tensor> model, LabeledImages train, LabeledImages test, Normalization normalization, ClassificationRecipe recipe, long seed, Device device,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            var history = Fit(name, model, train, test, normalization, recipe, seed, device, progress, cancellation);
            var accuracy = Accuracy(model, test, normalization, device, test.Count);
            var curve = history.Where(r => r.Metrics.ContainsKey(TestAccuracy)).Select(r =>
                new CurvePoint(r.Step * recipe.BatchSize, r.Step == history[^1].Step ? accuracy : r.Metrics[TestAccuracy], r.Loss)).ToArray();
            using var one = zeros([1, .. train.Images.shape[1..]], device: device);
            return new(
                curve, accuracy, Accuracy(model, train, normalization, device, Math.Min(TrainImages, train.Count)),
                model.parameters().Sum(p => p.numel()), MacCounter.Count(model, one), MeanRate(history));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The same without a score.</summary>
    /// <returns>The history, with the test accuracy now and then.</returns>
    /// <inheritdoc cref="Train"/>
    internal static IReadOnlyList<TrainingProgress> Fit(
        string name, nn.Module<Tensor, Tensor> model, LabeledImages train, LabeledImages test, Normalization normalization, ClassificationRecipe recipe, long seed, Device device,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        recipe.Check();
        var batches = new BatchLoader(train, new(recipe.BatchSize, seed)
        {
            Normalization = normalization,
            Augmentations = recipe.Augment ? [new RandomCrop(4), new HorizontalFlip()] : [],
            Device = device,
        });
        var steps = recipe.Epochs * batches.BatchesPerEpoch;
        return Trainer.Run(
            model, batches, batch => Losses.CrossEntropy(model.call(batch.Images), batch.Labels, recipe.LabelSmoothing),
            recipe.Options(name, steps, seed),
            () => new Dictionary<string, double> { [TestAccuracy] = Accuracy(model, test, normalization, device, images: Math.Min(CurveImages, test.Count / 4)) },
            progress, cancellation);
    }

    /// <summary>Whether the highest score is that of the class, for the first pictures.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="data">Pictures.</param>
    /// <param name="normalization">Of the pictures.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="images">At least so many, if there are.</param>
    internal static bool[] Correct(nn.Module<Tensor, Tensor> model, LabeledImages data, Normalization normalization, Device device, int images)
    {
        using var noGrad = no_grad();
        var correct = new List<bool>();
        foreach (var batch in data.InOrder(EvaluationBatch, normalization, device))
        {
            using (batch)
            {
                if (correct.Count >= images) break;
                using var scope = NewDisposeScope();
                correct.AddRange(model.call(batch.Images).argmax(1).eq(batch.Labels).cpu().data<bool>());
            }
        }
        return [.. correct];
    }

    // In %.
    private static double Accuracy(nn.Module<Tensor, Tensor> model, LabeledImages data, Normalization normalization, Device device, int images) =>
        100 * Correct(model, data, normalization, device, images).Average(right => right ? 1.0 : 0);

    // Samples over seconds: the mean of the reports' rates, weighted by the seconds each stands for.
    private static double MeanRate(IReadOnlyList<TrainingProgress> history)
    {
        var (steps, time, last) = (0.0, 0.0, 0L);
        foreach (var report in history)
        {
            if (report.Step == last) continue;
            steps += report.Step - last;
            time += (report.Step - last) / report.SamplesPerSecond;
            last = report.Step;
        }
        return steps / time;
    }
}
