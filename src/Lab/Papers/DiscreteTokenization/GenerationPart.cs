using System.Diagnostics;
using Lab.Generation;
using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>Trains a prior on what a trained tokenizer makes of the training pictures, and lets it generate.</summary>
internal sealed class GenerationPart(GenerationPlan plan, TokenizerData data, TokenizerScorer scorer, TrainingPlace place)
{
    /// <param name="arm">Prior and tokenizer.</param>
    /// <param name="run">The trained tokenizer.</param>
    /// <returns>The caller's to dispose.</returns>
    public GenerationRun Run(GenerationArm arm, TokenizerRun run) => arm.Kind == PriorKind.Flow ? Flow(arm, run) : Codes(arm, run);

    private GenerationRun Codes(GenerationArm arm, TokenizerRun run)
    {
        var (tokenizer, grid) = (run.Tokenizer, run.Tokenizer.Config.Grid);
        using var train = CodeGrids.Of(tokenizer, data.Images.Train, data, place.Device);
        using var prior = Seeded(run.Seed, () => Prior(arm.Kind, tokenizer));
        var watch = Stopwatch.StartNew();
        plan.Recipe.Train(Name(arm, run), prior, train, Order(run), place.Progress, place.Cancellation);
        return Score(arm, run, watch.Elapsed.TotalSeconds, prior is CausalPrior causal ? Bits(causal, tokenizer) : null, labels =>
        {
            var codes = prior.Sample(labels, new() { Guidance = plan.Guidance, Seed = run.Seed }, place.Cancellation);
            return tokenizer.Detokenize(codes.view(plan.Samples, grid, grid, -1));
        });
    }

    private GenerationRun Flow(GenerationArm arm, TokenizerRun run)
    {
        var (tokenizer, config) = (run.Tokenizer, run.Tokenizer.Config);
        var scale = LatentStats.Of(tokenizer, data.Images.Train).Scale;
        using var train = LatentGrids.Of(tokenizer, scale, data.Images.Train, data, data.Images.Train.Count);
        using var prior = Seeded(run.Seed, () => new LatentFlow(plan.Sizes, config.Grid * config.Grid, config.ZChannels, data.ConditionCount));
        var watch = Stopwatch.StartNew();
        plan.Recipe.Train(Name(arm, run), prior, train, Order(run), place.Progress, place.Cancellation);
        return Score(arm, run, watch.Elapsed.TotalSeconds, null, labels =>
        {
            var latents = prior.Sample(labels, new FlowSampling { Guidance = plan.Guidance, Seed = run.Seed }, place.Cancellation) / scale; // [n, N, C]
            return tokenizer.Decode(latents.transpose(1, 2).reshape(plan.Samples, config.ZChannels, config.Grid, config.Grid));
        });
    }

    // Classes are those of the first training pictures, the same for all arms.
    private GenerationRun Score(GenerationArm arm, TokenizerRun run, double trainingSeconds, double? bits, Func<Tensor, Tensor> generate)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var labels = data.Images.Train.Labels[..plan.Samples];
        var watch = Stopwatch.StartNew();
        var images = generate(data.Conditions(labels).to(place.Device));
        var seconds = watch.Elapsed.TotalSeconds / plan.Samples;
        var wanted = data.Split(labels).Take(data.ConditionHeads.Count).Select(asked => asked.to(place.Device));
        return new(arm, run.Seed, bits, scorer.Generated(images, [.. wanted]), images[..GenerationRun.Shown].cpu().clone().DetachFromDisposeScope(), trainingSeconds, seconds);
    }

    private CodePrior Prior(PriorKind kind, ImageTokenizer tokenizer)
    {
        var (books, positions, sizes) = (tokenizer.Bottleneck.BookSizes, tokenizer.Config.Grid * tokenizer.Config.Grid, plan.Sizes);
        var (input, head) = (new JoinedCodes(books, sizes.Dim), new ParallelHead(sizes.Dim, books));
        return kind == PriorKind.Causal
            ? new CausalPrior(sizes, positions, data.ConditionCount, input, head)
            : new MaskGitPrior(sizes, positions, data.ConditionCount, input, head);
    }

    private double Bits(CausalPrior prior, ImageTokenizer tokenizer)
    {
        using var test = CodeGrids.Of(tokenizer, data.Images.Test, data, place.Device);
        return PriorRecipe.Nats(prior, test).Sum() * prior.Positions / Math.Log(2);
    }

    private T Seeded<T>(long seed, Func<T> make) where T : nn.Module
    {
        using var generator = manual_seed(Seed.Derive(seed, "prior weights"));
        return make().OnDevice(place.Device);
    }

    private static string Name(GenerationArm arm, TokenizerRun run) => $"{arm.Name} prior, seed {run.Seed}";

    private static long Order(TokenizerRun run) => Seed.Derive(run.Seed, "prior");
}
