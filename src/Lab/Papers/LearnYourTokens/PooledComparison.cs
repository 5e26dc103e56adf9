using System.Text.Json;
using Lab.Data;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.LearnYourTokens;

/// <summary>Trains and measures the models of one seed.</summary>
internal sealed class PooledComparison
{
    private readonly PooledExperiment experiment;
    private readonly TextSplits corpus;
    private readonly Device device;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly ModelCache cache;
    private readonly CancellationToken cancellation;
    private readonly WordText train, test;
    private readonly WordCounts counts;
    private readonly Bpe bytes, subwords;

    public PooledComparison(
        PooledExperiment experiment, TextSplits corpus, Device device, IProgress<TrainingProgress>? progress, ModelCache cache, CancellationToken cancellation)
    {
        (this.experiment, this.corpus, this.device, this.progress, this.cache, this.cancellation) = (experiment, corpus, device, progress, cache, cancellation);
        (train, test) = (WordSplitter.Whitespace.Split(corpus.Train), WordSplitter.Whitespace.Split(corpus.Test).Head(experiment.ScoredBytes));
        counts = WordCounts.Of(train);
        (bytes, subwords) = (Bpe.OfMerges([], PreTokenizer.Words), Bpe.Train(corpus.Train, PreTokenizer.Words, experiment.Subwords));
    }

    public PooledRun Run(long seed)
    {
        var (rates, p) = (experiment.LearningRates, experiment.Prefixes);
        var (single, several, narrow) = (experiment.Pooled(corpus, 1, seed), experiment.Pooled(corpus, p, seed), experiment.Narrow(corpus, seed));
        var ofBytes = experiment.Tokens(corpus, 256, corpus.Train.Length, rates.Chars, seed);
        var words = new WordVocabulary(train, experiment.WordVocabulary);
        return new(
            seed,
            Tokens("bytes", bytes, ofBytes),
            Tokens("bytes, context of equal units", bytes, ByUnits(ofBytes, single.Model.Context)),
            Tokens($"subwords, {subwords.Vocabulary.Size}", subwords, experiment.Tokens(corpus, subwords.Vocabulary.Size, subwords.Encode(corpus.Train).Length, rates.Subwords, seed)),
            Words(words, experiment.Tokens(corpus, words.Size, train.Count, rates.Words, seed)),
            Pooled("pooled, p = 1", single), Pooled($"pooled, p = {p}", several), Pooled($"pooled, p = {p}, width {narrow.Model.Width}", narrow),
            words.Encode(test).Count(id => id == WordVocabulary.Unknown) / (double)test.Count,
            Trained(several, told: null)); // from the cache by now, and last: nothing can fail that would leave it behind
    }

    // As many bytes in a step, in shorter windows.
    private TinyLmOptions ByUnits(TinyLmOptions options, int context)
    {
        var windows = Math.Max(1, (int)Math.Round((double)options.TokensPerStep / context));
        return options with { Model = options.Model with { Context = context }, TokensPerStep = windows * context, LearningRate = experiment.LearningRates.CharsByUnits };
    }

    private TinyWordLm Trained(TinyWordLmOptions options, IProgress<TrainingProgress>? told) => TinyWordLm.GetOrTrain(options, corpus, device, told, cache, cancellation);

    private PooledArm Pooled(string name, TinyWordLmOptions options)
    {
        using var model = Trained(options, progress);
        var pieces = model.Split(corpus.Train);
        var scores = model.Score(test.Bytes);
        return Arm(
            name, model.Model, ForwardCost.Of(options.Model, pieces).Total, (double)options.Steps * options.WordsPerStep / pieces.Count,
            model.History[^1].Elapsed.TotalSeconds, scores.BitsOf(test).Value, scores);
    }

    private PooledArm Tokens(string name, Bpe tokenizer, TinyLmOptions options)
    {
        using var model = TinyLm.GetOrTrain(options, tokenizer, corpus, device, progress, cache, cancellation);
        var tokens = tokenizer.Encode(corpus.Train).Length;
        var scores = ByteScores.Of(model.Model, tokenizer.Encode(test.Bytes), tokenizer.Vocabulary);
        return Arm(
            name, model.Model, ForwardCost.Of(options.Model, tokens).Total, (double)options.Steps * options.TokensPerStep / tokens,
            model.History[^1].Elapsed.TotalSeconds, scores.BitsOf(test).Value, scores);
    }

    private PooledArm Words(WordVocabulary vocabulary, TinyLmOptions options)
    {
        var ids = vocabulary.Encode(train);
        using var generator = manual_seed(Seed.Derive(options.Seed, "weights"));
        using var model = new Decoder(options.Model).OnDevice(device);
        var (history, _) = cache.LoadOrTrain(model, Key(vocabulary, options), () => Trainer.Run(
            model, new TokenWindows(ids, options.Model.Context, experiment.Windows, options.Seed, device),
            batch => Losses.CrossEntropy(model.call(batch.Ids).flatten(0, 1), batch.Next.flatten()),
            options.Training($"whole words, {corpus.Name}"), progress: progress, cancellation: cancellation), progress);
        var scores = ByteScores.Of(model, vocabulary.Encode(test), test, WordVocabulary.Unknown);
        return Arm(
            $"whole words, {vocabulary.Size}", model, ForwardCost.Of(options.Model, ids.Length).Total, (double)options.Steps * options.TokensPerStep / ids.Length,
            history[^1].Elapsed.TotalSeconds, null, scores) with
        {
            SampledAccuracy = KnownShare(vocabulary) * scores.SampledAccuracy(test, word => vocabulary.Knows(test[word])), // an unknown word is never written
        };
    }

    // Of all words but the first, which does not count.
    private double KnownShare(WordVocabulary vocabulary) => Enumerable.Range(1, test.Count - 1).Average(word => vocabulary.Knows(test[word]) ? 1.0 : 0);

    private string Key(WordVocabulary vocabulary, TinyLmOptions options) => JsonSerializer.Serialize(new
    {
        kind = "tiny-lm of whole words",
        options,
        vocabulary.Size,
        corpus = corpus.Hash(),
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Text", "Data", "Papers/LearnYourTokens"),
    });

    // cost: of all training text; passes: how often that was seen
    private PooledArm Arm(string name, nn.Module model, double cost, double passes, double seconds, double? bits, ByteScores scores) => new(
        name, model.parameters().Sum(parameter => parameter.numel()), cost / corpus.Train.Length, passes * corpus.Train.Length, seconds, bits,
        scores.WordAccuracy(test), scores.SampledAccuracy(test), counts.Buckets(scores, test), scores);
}
