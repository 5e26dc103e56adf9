using Lab.Data;
using Lab.Metrics;
using Lab.Quantization;
using Lab.Runtime;
using Lab.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>How a tokenizer is trained: Adam, squared error, perceptual distance and what the bottleneck asks for.</summary>
/// <param name="Steps">Batches.</param>
/// <param name="BatchSize">Pictures in a batch.</param>
public sealed record TokenizerRecipe(long Steps, int BatchSize)
{
    private const string PsnrName = "PSNR", UsageName = "usage", PerplexityName = "perplexity";

    /// <summary>Peak; linear to 0 over the last 30 % of the steps.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Of the distance under the perceptual network.</summary>
    public double PerceptualWeight { get; init; } = 0.1;

    /// <summary>A discriminator that tells made pictures from real ones; null: none.</summary>
    public AdversarialOptions? Adversarial { get; init; }

    /// <summary>Decay of a moving average of the weights, e.g. 0.999, that the tokenizer has in the curve and in the end; null: none.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Points of a training curve.</summary>
    public int CurvePoints { get; init; } = 6;

    /// <summary>Test pictures of a point of the curve.</summary>
    public int CurvePictures { get; init; } = 128;

    /// <summary>Operations of the training: three forward passes per picture, a multiply-add counted as two.</summary>
    /// <param name="tokenizer">What is trained.</param>
    public double Flops(ImageTokenizer tokenizer)
    {
        using var picture = zeros(1, 3, tokenizer.Config.Size, tokenizer.Config.Size);
        using var encoded = zeros(1, tokenizer.Bottleneck.EncoderChannels(tokenizer.Config.ZChannels), tokenizer.Config.Grid, tokenizer.Config.Grid);
        using var latents = zeros(1, tokenizer.Config.ZChannels, tokenizer.Config.Grid, tokenizer.Config.Grid);
        return 6.0 * Steps * BatchSize * (MacCounter.Count(tokenizer.Encoder, picture).Total + tokenizer.Bottleneck.Macs(encoded) + MacCounter.Count(tokenizer.Decoder, latents).Total);
    }

    /// <summary>Trains a tokenizer. Runs of one seed see the same pictures in the same order.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="tokenizer">With its first weights; in evaluation mode when this returns.</param>
    /// <param name="train">Pictures.</param>
    /// <param name="perceptual">For the loss.</param>
    /// <param name="scorer">For the curve alone.</param>
    /// <param name="seed">Of the order of pictures and of what the bottleneck draws.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <param name="more">A term of the loss that also sees the pictures: from those of a batch and what became of them to a scalar; null: none.</param>
    /// <returns>The curve.</returns>
    public IReadOnlyList<TokenizerPoint> Train(
        string name, ImageTokenizer tokenizer, LabeledImages train, FeatureNet perceptual, TokenizerScorer scorer, long seed,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default, Func<Tensor, Reconstruction, Tensor>? more = null)
    {
        var device = tokenizer.parameters().First().device;
        var batches = new BatchLoader(train, new(BatchSize, Seed.Derive(seed, "pictures")) { Augmentations = TokenizerData.Augmentations, Device = device, Prefetch = 0 });
        var options = new TrainingOptions(name, Steps, new(LearningRate) { DecaySteps = (long)(0.3 * Steps), Shape = DecayShape.Linear })
        {
            AdamW = new() { Beta1 = 0.9, Beta2 = 0.95, WeightDecay = 0 },
            ClipNorm = 1,
            Seed = seed,
            EmaDecay = EmaDecay,
            EvaluationInterval = Math.Max(1, Steps / CurvePoints),
        };
        using var adversary = Adversarial is null ? null : new Adversary(Adversarial, options.AdamW, options.LearningRate, Steps, seed, device);
        var last = tokenizer.Decoder.modules().OfType<Conv2d>().Last().weight;
        var annealed = (tokenizer.Bottleneck as QuantizedBottleneck)?.Quantizer as IAnnealed;
        var step = 0L;
        var history = Trainer.Run(tokenizer, batches, Loss, options, Evaluate, progress, cancellation);
        return [.. history.Where(report => report.Metrics.ContainsKey(PsnrName)).Select(Point)];

        Tensor Loss(ImageBatch batch)
        {
            annealed?.Anneal((double)step / Steps);
            var made = tokenizer.call(batch.Images);
            var reconstruction = (made.Images - batch.Images).square().mean() + PerceptualWeight * perceptual.Distance(made.Images, batch.Images);
            var loss = reconstruction + made.Loss;
            if (adversary?.Term(step, batch.Images, made.Images, reconstruction, last) is { } term) loss = loss + term;
            step++;
            return more is null ? loss : loss + more(batch.Images, made);
        }

        IReadOnlyDictionary<string, double> Evaluate()
        {
            var (psnr, use) = scorer.Glance(tokenizer, CurvePictures);
            var metrics = new Dictionary<string, double> { [PsnrName] = psnr };
            if (use is not null) (metrics[UsageName], metrics[PerplexityName]) = (100 * use.Usage, use.Perplexity);
            return metrics;
        }
    }

    private static TokenizerPoint Point(TrainingProgress report) => new(
        report.Step, report.Loss, report.Metrics[PsnrName], report.Metrics.GetValueOrDefault(UsageName, double.NaN), report.Metrics.GetValueOrDefault(PerplexityName, double.NaN));
}

/// <summary>A point of a tokenizer's training curve, measured on the first test pictures.</summary>
/// <param name="Step">Batches seen.</param>
/// <param name="Loss">Mean over the last few steps.</param>
/// <param name="Psnr">Decibel.</param>
/// <param name="Usage">Share of the codes that occur, in %; not a number without quantization.</param>
/// <param name="Perplexity">Of the codes; not a number without quantization.</param>
public sealed record TokenizerPoint(long Step, double Loss, double Psnr, double Usage, double Perplexity);
