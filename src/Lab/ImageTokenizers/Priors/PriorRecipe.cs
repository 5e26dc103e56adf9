using Lab.Data;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>How a prior is trained: AdamW, the rate falls linearly to 0 over the last 40 % of the steps.</summary>
/// <param name="Steps">Batches.</param>
/// <param name="BatchSize">Grids in a batch.</param>
public sealed record PriorRecipe(long Steps, int BatchSize = 32)
{
    private const int EvaluationBatch = 128;

    /// <summary>Peak.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Chance that a grid is learned from without its class, so that guidance has something to lead away from.</summary>
    public double LabelDrop { get; init; } = 0.1;

    /// <summary>Trains on the mean over books of the cross entropies. Runs of one seed see the same grids in the same order.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="prior">With its first weights; in evaluation mode when this returns.</param>
    /// <param name="train">Codes of training pictures.</param>
    /// <param name="seed">Of the order of grids and of the classes that are dropped.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The history.</returns>
    public IReadOnlyList<TrainingProgress> Train(
        string name, CodePrior prior, CodeGrids train, long seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(name, prior, train.Draw(BatchSize, seed), batch => prior.Losses(batch.Codes, Dropped(batch.Labels, prior.NoClass)).mean(), seed, progress, cancellation);

    /// <summary>Trains on the squared error of velocities.</summary>
    /// <param name="name">Of the run.</param>
    /// <param name="prior">With its first weights; in evaluation mode when this returns.</param>
    /// <param name="train">Latents of training pictures.</param>
    /// <param name="seed">Of the order of grids, of times and noise, and of the classes that are dropped.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The history.</returns>
    public IReadOnlyList<TrainingProgress> Train(
        string name, LatentFlow prior, LatentGrids train, long seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(name, prior, train.Draw(BatchSize, seed), batch => prior.Losses(batch.Latents, Dropped(batch.Labels, prior.NoClass)).mean(), seed, progress, cancellation);

    private IReadOnlyList<TrainingProgress> Run<TBatch>(
        string name, nn.Module prior, IBatchSource<TBatch> batches, Func<TBatch, Tensor> loss, long seed, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TBatch : IDisposable
    {
        var options = new TrainingOptions(name, Steps, new(LearningRate) { DecaySteps = (long)(0.4 * Steps), Shape = DecayShape.Linear })
        {
            AdamW = new() { Beta1 = 0.9, Beta2 = 0.95, WeightDecay = 0.05 },
            ClipNorm = 1,
            Seed = seed,
        };
        return Trainer.Run(prior, batches, loss, options, null, progress, cancellation);
    }

    /// <summary>How well a prior predicts codes.</summary>
    /// <param name="prior">In evaluation mode.</param>
    /// <param name="test">Codes of test pictures.</param>
    /// <returns>Nats per code by book, means over all positions.</returns>
    public static IReadOnlyList<double> Nats(CausalPrior prior, CodeGrids test)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (sum, count) = (zeros(test.Codes.shape[2], ScalarType.Float64, test.Codes.device), test.Labels.shape[0]);
        for (long start = 0; start < count; start += EvaluationBatch)
        {
            using var step = NewDisposeScope();
            var length = Math.Min(EvaluationBatch, count - start);
            sum.add_(prior.Losses(test.Codes.narrow(0, start, length), test.Labels.narrow(0, start, length)).to(ScalarType.Float64).sum([0L, 1L]));
        }
        return [.. (sum / (count * test.Codes.shape[1])).cpu().data<double>()];
    }

    private Tensor Dropped(Tensor labels, long none) => where(rand(labels.shape, device: labels.device) < LabelDrop, full_like(labels, none), labels);
}
