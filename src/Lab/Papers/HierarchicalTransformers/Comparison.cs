using Lab.Data;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>Trains and measures the models of one seed.</summary>
internal sealed class Comparison(
    HierarchicalExperiment experiment, TextSplits main, TextSplits other, Bpe tokenizer, Device device,
    IProgress<TrainingProgress>? progress, ModelCache cache, CancellationToken cancellation)
{
    private const int AdaptationPoints = 4, AdaptationBytes = 4_000;
    private const string Main = "main", Other = "other";

    private readonly WordText test = Head(main.Test, experiment.ScoredBytes);

    public HierarchicalRun Run(long seed)
    {
        var words = TinyWordLm.GetOrTrain(experiment.Hierarchical(seed), main, device, progress, cache, cancellation);
        var tokens = TinyLm.GetOrTrain(experiment.Baseline(tokenizer, main, seed), tokenizer, main, device, progress, cache, cancellation);
        using var pieces = TinyWordLm.GetOrTrain(experiment.FixedPieces(main, seed), main, device, progress, cache, cancellation);

        var hierarchical = Measured($"words, {experiment.Splitter}", words);
        var (steps, flops) = (experiment.AdaptationSteps, FlopsPerStep(words));
        var baselineFlops = ForwardCost.Of(tokens.Options.Model, tokens.Options.TokensPerStep).Training;
        return new(
            seed, words, tokens,
            hierarchical with { Noise = Noise(words.Score, seed), Adaptation = Adapt(words, seed, steps, flops) },
            Measured(tokens) with { Noise = Noise(Scores(tokens.Model), seed), Adaptation = Adapt(tokens, seed, (long)Math.Round(steps * flops / baselineFlops), baselineFlops) },
            Measured("pieces of 8 bytes", pieces) with { WordAccuracy = null });
    }

    private ArmResult Measured(string name, TinyWordLm model)
    {
        var (scores, options) = (model.Score(test.Bytes), model.Options);
        var bytesPerWord = (double)main.Train.Length / model.Split(main.Train).Count;
        return new(
            name, Parameters(model.Model), HierarchicalExperiment.CostPerByte(model, main.Train), options.Steps * options.WordsPerStep * bytesPerWord, model.History[^1].Elapsed.TotalSeconds,
            scores.BitsOf(test).Value, scores.WordAccuracy(test), [], []);
    }

    private ArmResult Measured(TinyLm model)
    {
        var (scores, options) = (Scores(model.Model)(test.Bytes), model.Options);
        var bytesPerToken = (double)main.Train.Length / tokenizer.Encode(main.Train).Length;
        return new(
            $"BPE, {tokenizer.Vocabulary.Size} tokens", Parameters(model.Model), HierarchicalExperiment.CostPerByte(model, main.Train), options.Steps * options.TokensPerStep * bytesPerToken,
            model.History[^1].Elapsed.TotalSeconds, scores.BitsOf(test).Value, scores.WordAccuracy(test), [], []);
    }

    // Which words are noisy is drawn word by word; the others are scored, after clean and after noisy ones.
    private IReadOnlyList<NoiseEffect> Noise(Func<byte[], ByteScores> score, long seed)
    {
        var clean = score(test.Bytes);
        return [.. Enum.GetValues<NoiseKind>().Select(kind =>
        {
            var noisyText = new TextNoise(kind, experiment.NoiseRate, Seed.Derive(seed, "noise")).Apply(test, IsNoisy);
            var noisy = score(noisyText.Bytes);
            return new NoiseEffect(
                kind, clean.BitsOf(test, IsClean).Value, noisy.BitsOf(noisyText, IsClean).Value,
                clean.WordAccuracy(test, IsClean), noisy.WordAccuracy(noisyText, IsClean));
        })];

        bool IsNoisy(int word) => (Seed.Derive(Seed.Derive(seed, "noisy words"), word) & 1) == 1;
        bool IsClean(int word) => !IsNoisy(word);
    }

    private IReadOnlyList<AdaptationPoint> Adapt(TinyWordLm trained, long seed, long steps, double flops)
    {
        using var model = new WordLm(trained.Options.Model).OnDevice(device);
        model.load_state_dict(trained.Model.state_dict());
        return Adapt(
            model, TinyWordLm.Windows(trained.Options, other, device), model.Loss, text => ByteScores.Of(model, trained.Split(text)),
            TinyLmOptions.Recipe($"words, on to {other.Name}", steps, experiment.AdaptationRates.Words, seed), flops);
    }

    private IReadOnlyList<AdaptationPoint> Adapt(TinyLm trained, long seed, long steps, double flops)
    {
        using var model = new Decoder(trained.Options.Model).OnDevice(device);
        model.load_state_dict(trained.Model.state_dict());
        var (context, perStep) = (trained.Options.Model.Context, trained.Options.TokensPerStep);
        var windows = new TokenWindows(tokenizer.Encode(other.Train), context, perStep / context, seed, device);
        return Adapt(
            model, windows, batch => Losses.CrossEntropy(model.call(batch.Ids).flatten(0, 1), batch.Next.flatten()), Scores(model),
            TinyLmOptions.Recipe($"tokens, on to {other.Name}", steps, experiment.AdaptationRates.Tokens, seed), flops);
    }

    private IReadOnlyList<AdaptationPoint> Adapt<TBatch>(
        nn.Module model, IBatchSource<TBatch> batches, Func<TBatch, Tensor> loss, Func<byte[], ByteScores> score, TrainingOptions options, double flops) where TBatch : IDisposable
    {
        var (first, second) = (Head(main.Test, AdaptationBytes), Head(other.Test, AdaptationBytes));
        model.eval();
        var before = Evaluate();
        var history = Trainer.Run(
            model, batches, loss, options with { EvaluationInterval = Math.Max(1, options.Steps / AdaptationPoints) }, Evaluate, progress, cancellation);
        return [new(0, before[Other], before[Main]), .. history.Where(report => report.Metrics.Count > 0).Select(report => new AdaptationPoint(report.Step * flops, report.Metrics[Other], report.Metrics[Main]))];

        Dictionary<string, double> Evaluate() => new() { [Main] = score(first.Bytes).BitsOf(first).Value, [Other] = score(second.Bytes).BitsOf(second).Value };
    }

    private double FlopsPerStep(TinyWordLm model)
    {
        var words = model.Split(other.Train);
        return ForwardCost.Of(model.Options.Model, words).Training / words.Count * model.Options.WordsPerStep;
    }

    private Func<byte[], ByteScores> Scores(Decoder model) => text => ByteScores.Of(model, tokenizer.Encode(text), tokenizer.Vocabulary);

    private static long Parameters(nn.Module model) => model.parameters().Sum(parameter => parameter.numel());

    private static WordText Head(byte[] text, int bytes) => WordSplitter.Whitespace.Split(text).Head(bytes);
}
