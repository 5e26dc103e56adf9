using System.Text.Json;
using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge.Priors;
using Lab.Quantization;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>Part 1, seed by seed: two tokenizers, and one of them quantized in every way.</summary>
internal sealed class TokenizerPart(TokenBridgeExperiment plan, TokenizerData data, FeatureNet perceptual, TokenizerScorer scorer, TrainingPlace place)
{
    private const int StatsPictures = 1_024, BookSize = 1024;
    private const double Revival = 0.1; // moving count of vectors per batch below which a code is dead, as in the survey of discrete tokenization

    private static readonly int[] scored = [TokenBridgeExperiment.MainLevels, 16, 8];

    /// <summary>Everything with one seed.</summary>
    public BridgeRun Run(long seed)
    {
        var trained = new List<TrainedTokenizer>();
        try
        {
            trained.Add(Train("continuous", seed, _ => new KlBottleneck(plan.KlWeight)));
            trained.Add(Train($"VQ, K = {BookSize}", seed, z => new QuantizedBottleneck(new VectorQuantizer(new EmaCodebook(BookSize, z) { RevivalThreshold = Revival }))));
            var (tokenizer, stats) = (trained[0].Tokenizer, LatentStats.Of(trained[0].Tokenizer, data.Images.Train, StatsPictures));
            return new(seed, trained[0], trained[1], stats, Sweep(tokenizer, stats.Scale), Scores(tokenizer, stats.Scale), Order(tokenizer));
        }
        catch
        {
            foreach (var tokenizer in trained) tokenizer.Dispose();
            throw;
        }
    }

    private TrainedTokenizer Train(string name, long seed, Func<int, Bottleneck> bottleneck)
    {
        var tokenizer = new ImageTokenizer(plan.Config, () => bottleneck(plan.Config.ZChannels), Seed.Derive(seed, "tokenizer"), place.Device);
        var key = Key(name, seed);
        var (curve, fromCache) = place.Cache.LoadOrTrain(tokenizer, key, () => Train(name, tokenizer, seed), place.Progress);
        try
        {
            return new(name, tokenizer, curve, scorer.Score(tokenizer), plan.Recipe.Flops(tokenizer), key, fromCache);
        }
        catch
        {
            tokenizer.Dispose();
            throw;
        }
    }

    private IReadOnlyList<TrainingProgress> Train(string name, ImageTokenizer tokenizer, long seed)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var points = plan.Recipe.Train($"{name}, seed {seed}", tokenizer, data.Images.Train, perceptual, scorer, seed, place.Progress, place.Cancellation);
        var rate = plan.Recipe.Steps * plan.Recipe.BatchSize / watch.Elapsed.TotalSeconds;
        return [.. points.Select(point => new TrainingProgress(
            name, point.Step, plan.Recipe.Steps, point.Loss, plan.Recipe.LearningRate, rate, watch.Elapsed, new Dictionary<string, double> { [TokenBridgeExperiment.PsnrName] = point.Psnr }))];
    }

    private QuantizationSweep Sweep(ImageTokenizer tokenizer, double scale)
    {
        using var ready = new PostTraining(tokenizer, scale, data.Images.Test, plan.Pictures);
        var points = from table in Enum.GetValues<ScalarTable>()
                     from levels in TokenBridgeExperiment.Levels
                     from range in table == ScalarTable.Gaussian ? TokenBridgeExperiment.Ranges : [TokenBridgeExperiment.MainRange]
                     select ready.Measure(table, levels, range);
        return new(ready.ContinuousError, ready.ContinuousPsnr, [.. points]);
    }

    private Dictionary<int, TokenizerScore> Scores(ImageTokenizer tokenizer, double scale) => scored.ToDictionary(levels => levels, levels =>
    {
        var quantizer = new GaussianScalarQuantizer(plan.Config.ZChannels, levels, TokenBridgeExperiment.MainRange);
        using var quantized = PostTrainingBottleneck.Quantize(tokenizer, quantizer, scale);
        return scorer.Score(quantized);
    });

    private FrequencyOrder Order(ImageTokenizer tokenizer)
    {
        using var latents = LatentStats.Latents(tokenizer, data.Images.Train, StatsPictures);
        return FrequencyOrder.Of(latents);
    }

    private string Key(string name, long seed) => JsonSerializer.Serialize(new
    {
        kind = "tokenbridge tokenizer",
        name,
        plan.Config,
        plan.Recipe,
        plan.KlWeight,
        Revival,
        Features = plan.Features.ToString(),
        data = data.Name,
        pictures = data.Images.Train.Count,
        seed,
        device = place.Device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data", "Quantization", "ImageTokenizers"),
    });
}
