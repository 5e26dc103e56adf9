using System.Text.Json;
using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>How a feature network is trained.</summary>
/// <param name="Role">What it is for: it must never serve another role.</param>
/// <param name="Widths">Channels of its blocks.</param>
/// <param name="Seed">Of weights, order and noise.</param>
/// <param name="Steps">Batches.</param>
public sealed record FeatureNetOptions(string Role, IReadOnlyList<int> Widths, long Seed, long Steps)
{
    /// <summary>Of losses.</summary>
    /// <param name="steps">Batches.</param>
    /// <param name="size">Side of the pictures.</param>
    public static FeatureNetOptions Perceptual(long steps, int size = BaseSize) => new("perceptual", WidthsFor(size, 16, 32, 64), 101, steps);

    /// <summary>Of metrics.</summary>
    /// <param name="steps">Batches.</param>
    /// <param name="size">Side of the pictures.</param>
    public static FeatureNetOptions Metric(long steps, int size = BaseSize) => new("metric", WidthsFor(size, 32, 64, 64), 202, steps);

    /// <summary>Pictures of a batch.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Peak.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Deviation of the noise added to training pictures.</summary>
    public double Noise { get; init; } = 0.05;

    private const int BaseSize = 32;

    // One more block for every doubling of the side: the last one sees as large a share of the picture.
    private static int[] WidthsFor(int size, params int[] widths) => [.. widths, .. Enumerable.Repeat(widths[^1], Math.Max(0, (int)Math.Log2(size / BaseSize)))];
}

/// <summary>A trained feature network and how good it is. Owns it.</summary>
/// <param name="Network">In evaluation mode, without gradients to its weights.</param>
/// <param name="Accuracy">Share of the test pictures told rightly, by head.</param>
/// <param name="FromCache">Trained earlier.</param>
public sealed record TrainedFeatures(FeatureNet Network, IReadOnlyDictionary<string, double> Accuracy, bool FromCache) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Network.Dispose();
}

/// <summary>Trains feature networks, or takes them from the cache.</summary>
public static class FeatureNets
{
    private const int EvaluationBatch = 256;

    /// <summary>The network of these options on these data.</summary>
    /// <param name="options">How.</param>
    /// <param name="data">On what.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step; nothing is kept then.</param>
    public static TrainedFeatures GetOrTrain(
        FeatureNetOptions options, TokenizerData data, Device? device = null, ModelCache? cache = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        device ??= CPU;
        FeatureNet network;
        using (manual_seed(Seed.Derive(options.Seed, "weights"))) network = new FeatureNet(options.Widths, data.Heads).OnDevice(device);
        var (_, fromCache) = (cache ?? ModelCache.Default).LoadOrTrain(network, Key(options, data, device), () => Train(network, options, data, device, progress, cancellation), progress);
        foreach (var weight in network.parameters()) weight.requires_grad = false;
        return new(network, Accuracy(network, data, device), fromCache);
    }

    /// <summary>Both networks that an experiment needs.</summary>
    /// <param name="data">On what.</param>
    /// <param name="steps">Batches of each.</param>
    /// <param name="batchSize">Pictures of a batch.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about both trainings.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    public static (TrainedFeatures Perceptual, TrainedFeatures Metric) Both(
        TokenizerData data, (long Perceptual, long Metric) steps, int batchSize = 128, Device? device = null, ModelCache? cache = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var size = (int)data.Images.Train.Images.shape[^1];
        var perceptual = GetOrTrain(FeatureNetOptions.Perceptual(steps.Perceptual, size) with { BatchSize = batchSize }, data, device, cache, progress, cancellation);
        try
        {
            return (perceptual, GetOrTrain(FeatureNetOptions.Metric(steps.Metric, size) with { BatchSize = batchSize }, data, device, cache, progress, cancellation));
        }
        catch
        {
            perceptual.Dispose();
            throw;
        }
    }

    private static IReadOnlyList<TrainingProgress> Train(
        FeatureNet network, FeatureNetOptions options, TokenizerData data, Device device, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var batches = new BatchLoader(data.Images.Train, new(options.BatchSize, options.Seed) { Augmentations = TokenizerData.Augmentations, Device = device, Prefetch = 0 });
        return Trainer.Run(network, batches, Loss, new($"{options.Role} features", options.Steps, new(options.LearningRate)) { Seed = options.Seed, LogInterval = 25 }, null, progress, cancellation);

        Tensor Loss(ImageBatch batch)
        {
            var noisy = batch.Images + options.Noise * randn_like(batch.Images);
            var losses = network.Logits(noisy).Zip(data.Split(batch.Labels), (logits, labels) => Losses.CrossEntropy(logits, labels));
            return stack([.. losses]).sum();
        }
    }

    private static IReadOnlyDictionary<string, double> Accuracy(FeatureNet network, TokenizerData data, Device device)
    {
        using var noGrad = no_grad();
        var correct = new double[data.Heads.Count];
        foreach (var batch in data.Images.Test.InOrder(EvaluationBatch, Normalization.Signed, device))
        {
            using var scope = NewDisposeScope();
            using var _ = batch;
            var scores = network.Logits(batch.Images);
            foreach (var (head, labels) in data.Split(batch.Labels).Index()) correct[head] += Metrics.Accuracy.Top1(scores[head], labels) * labels.shape[0];
        }
        return data.Heads.Select((head, i) => (head.Name, Share: correct[i] / data.Images.Test.Count)).ToDictionary(x => x.Name, x => x.Share);
    }

    /// <summary>All that decides the weights.</summary>
    internal static string Key(FeatureNetOptions options, TokenizerData data, Device device) => JsonSerializer.Serialize(new
    {
        kind = "feature-net",
        options,
        data = data.Name,
        pictures = data.Images.Train.Count,
        heads = data.Heads,
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data", "ImageTokenizers"),
    });
}
