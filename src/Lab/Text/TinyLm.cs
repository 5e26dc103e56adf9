using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Data;
using Lab.Generation;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Text;

/// <summary>How a small language model is trained; the recipe that all text papers here share.</summary>
/// <param name="Model">Its sizes; the vocabulary is the tokenizer's.</param>
/// <param name="Steps">Batches.</param>
public sealed record TinyLmOptions(DecoderOptions Model, long Steps)
{
    /// <summary>Tokens in a batch, a multiple of the context.</summary>
    public int TokensPerStep { get; init; } = 2048;

    /// <summary>Highest learning rate; null: what suits the width.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Of initial weights, places of windows and dropout.</summary>
    public long Seed { get; init; }

    private double Peak => LearningRate ?? Model.Dim switch { <= 64 => 3e-3, <= 128 => 2e-3, <= 256 => 1e-3, _ => 6e-4 };

    internal TrainingOptions Training(string name) => Recipe(name, Steps, Peak, Seed);

    /// <summary>How all text papers train: AdamW, a short warm-up, a cosine to a tenth.</summary>
    internal static TrainingOptions Recipe(string name, long steps, double peak, long seed)
    {
        var warmup = Math.Min(Math.Max(5, steps / 20), steps - 1);
        return new TrainingOptions(name, steps, new(peak) { Minimum = peak / 10, WarmupSteps = warmup })
        {
            AdamW = new() { Beta2 = 0.95, WeightDecay = 0.1 },
            ClipNorm = 1,
            Seed = seed,
        };
    }

    internal void Check()
    {
        if (TokensPerStep < Model.Context || TokensPerStep % Model.Context != 0)
            throw new ArgumentException($"A step takes whole windows of {Model.Context} tokens, but {nameof(TokensPerStep)} is {TokensPerStep}.");
    }
}

/// <summary>A small language model with its tokenizer.</summary>
public sealed class TinyLm : IDisposable
{
    private static readonly JsonSerializerOptions json = new() { Converters = { new JsonStringEnumConverter() } };

    private TinyLm(TinyLmOptions options, Decoder model, Bpe tokenizer) => (Options, Model, Tokenizer) = (options, model, tokenizer);

    /// <summary>How it was trained.</summary>
    public TinyLmOptions Options { get; }

    /// <summary>In evaluation mode.</summary>
    public Decoder Model { get; }

    /// <summary>Gives its tokens.</summary>
    public Bpe Tokenizer { get; }

    /// <summary>Whether the weights come from the cache.</summary>
    public bool FromCache { get; private init; }

    /// <summary>Reports of its training, also if that was long ago.</summary>
    public IReadOnlyList<TrainingProgress> History { get; private init; } = [];

    /// <summary>Takes the model from the cache, or trains it and puts it there. What decides the weights is the key: options, tokenizer, training text, device and code.</summary>
    /// <param name="options">How.</param>
    /// <param name="tokenizer">Gives the tokens.</param>
    /// <param name="corpus">Its training text.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="cancellation">Stops before the next step; nothing is kept then.</param>
    /// <param name="trainingTokens">What it is trained on, if that is not the plain encoding of the training text, e.g. with parts rearranged.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Options outside their range, another vocabulary than the tokenizer's, or a text too short.</exception>
    public static TinyLm GetOrTrain(
        TinyLmOptions options, Bpe tokenizer, TextSplits corpus, Device? device = null, IProgress<TrainingProgress>? progress = null,
        ModelCache? cache = null, CancellationToken cancellation = default, int[]? trainingTokens = null)
    {
        options.Check();
        if (options.Model.Vocabulary != tokenizer.Vocabulary.Size)
            throw new ArgumentException($"The model has {options.Model.Vocabulary} tokens, but the tokenizer {tokenizer.Vocabulary.Size}.", nameof(options));

        device ??= CPU;
        var model = NewModel(options, device);
        var (history, fromCache) = (cache ?? ModelCache.Default).LoadOrTrain(model, Key(options, tokenizer, corpus, trainingTokens, device), () =>
        {
            var windows = new TokenWindows(trainingTokens ?? tokenizer.Encode(corpus.Train), options.Model.Context, options.TokensPerStep / options.Model.Context, options.Seed, device);
            return Trainer.Run(
                model, windows, batch => Losses.CrossEntropy(model.call(batch.Ids).flatten(0, 1), batch.Next.flatten()),
                options.Training($"{options.Model.Dim} x {options.Model.Depth}, {options.Model.Vocabulary} tokens, context {options.Model.Context}, {corpus.Name}"), progress: progress, cancellation: cancellation);
        }, progress);
        return new(options, model, tokenizer) { History = history, FromCache = fromCache };
    }

    /// <summary>How well it predicts a text.</summary>
    /// <param name="text">UTF-8 of at least two tokens.</param>
    public BitsPerByte Score(ReadOnlySpan<byte> text) => BitsPerByte.Of(Model, Tokenizer.Encode(text), Tokenizer.Vocabulary);

    /// <summary>Goes on with a text.</summary>
    /// <param name="prompt">Not empty.</param>
    /// <param name="tokens">How many to draw.</param>
    /// <param name="options">How.</param>
    /// <returns>The continuation alone, as bytes: it may end inside a character.</returns>
    public byte[] Continue(string prompt, int tokens, SamplingOptions options) =>
        Tokenizer.Decode(TokenSampler.Sample(Model, Tokenizer.Encode(prompt), tokens, options));

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static Decoder NewModel(TinyLmOptions options, Device device)
    {
        using var generator = manual_seed(Seed.Derive(options.Seed, "weights"));
        return new Decoder(options.Model).OnDevice(device);
    }

    private static string Key(TinyLmOptions options, Bpe tokenizer, TextSplits corpus, int[]? trainingTokens, Device device) => JsonSerializer.Serialize(new
    {
        kind = "tiny-lm",
        options,
        tokenizer = tokenizer.Hash(),
        corpus = corpus.Hash(),
        trainingTokens = trainingTokens is null ? null : Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(trainingTokens))),
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Text", "Data"),
    }, json);
}
