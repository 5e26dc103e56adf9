using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Papers.TokenBridge.Priors;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>Part 2, seed by seed: priors on the latents of the continuous autoencoder, and what they generate.</summary>
internal sealed class PriorPart(TokenBridgeExperiment plan, TokenizerData data, TokenizerScorer scorer, TrainingPlace place)
{
    private const int Kept = 8; // pictures to show

    /// <summary>Every head with one seed.</summary>
    /// <param name="run">Part 1.</param>
    /// <param name="runs">Take what is made.</param>
    public void Run(BridgeRun run, PriorRuns runs)
    {
        var (tokenizer, scale) = (run.Continuous.Tokenizer, run.Stats.Scale);
        using var train = LatentGrids.Of(tokenizer, scale, data.Images.Train, data, plan.PriorPictures);
        using var test = LatentGrids.Of(tokenizer, scale, data.Images.Test, data, plan.Pictures);
        var trained = plan.Prior.Train(train, run.Continuous.Key, data.ConditionCount, run.Order, run.Seed, place.Cache, place.Progress, place.Cancellation);
        runs.Owned.Add(trained);
        foreach (var (arm, prior, training) in plan.Prior.Arms.Zip(trained.Priors, trained.Trainings))
        {
            using var scope = NewDisposeScope();
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var (images, wanted) = Generate(run, prior);
            var seconds = watch.Elapsed.TotalSeconds / plan.Prior.Samples;
            runs.Items.Add(new(arm, run.Seed, prior, prior.Nats(test), scorer.Generated(images, wanted), images[..Kept].cpu().DetachFromDisposeScope(), training, seconds));
        }
    }

    // Classes as often as in the training pictures, the same for all arms of a seed.
    private (Tensor Images, IReadOnlyList<Tensor> Wanted) Generate(BridgeRun run, TrainedPrior prior)
    {
        using var random = new Generator((ulong)Seed.Derive(run.Seed, "generated classes"));
        var labels = data.Images.Train.Labels[randint(data.Images.Train.Count, [plan.Prior.Samples], generator: random)].to(place.Device);
        using var latents = prior.Sample(data.Conditions(labels), plan.Prior.Sampling with { Seed = run.Seed }, place.Cancellation);
        return (run.Decode(latents), [.. data.Split(labels).Take(data.ConditionHeads.Count)]);
    }
}
