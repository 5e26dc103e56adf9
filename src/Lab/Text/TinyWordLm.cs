using System.Text.Json;
using Lab.Data;
using Lab.Generation;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Text;

/// <summary>How a small word-level language model is trained, by the recipe of <see cref="TinyLmOptions"/>.</summary>
/// <param name="Model">Its sizes.</param>
/// <param name="Splitter">Cuts texts into words.</param>
/// <param name="Steps">Batches.</param>
public sealed record TinyWordLmOptions(WordLmOptions Model, WordSplitter Splitter, long Steps)
{
    /// <summary>Words in a batch, a multiple of the context.</summary>
    public int WordsPerStep { get; init; } = 256;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>Of initial weights and places of windows.</summary>
    public long Seed { get; init; }

    internal TrainingOptions Training(string corpus)
    {
        var vectors = Model.Prefixes == 1 ? "" : $", p = {Model.Prefixes}";
        return TinyLmOptions.Recipe($"words, {Splitter}, {Model.Width} x {Model.Layers}{vectors}, {corpus}", Steps, LearningRate, Seed);
    }

    internal void Check()
    {
        if (WordsPerStep < Model.Context || WordsPerStep % Model.Context != 0)
            throw new ArgumentException($"A step takes whole windows of {Model.Context} words, but {nameof(WordsPerStep)} is {WordsPerStep}.");
    }
}

/// <summary>A small language model that reads and writes words byte by byte.</summary>
public sealed class TinyWordLm : IDisposable
{
    private TinyWordLm(TinyWordLmOptions options, WordLm model) => (Options, Model) = (options, model);

    /// <summary>How it was trained.</summary>
    public TinyWordLmOptions Options { get; }

    /// <summary>In evaluation mode.</summary>
    public WordLm Model { get; }

    /// <summary>Whether the weights come from the cache.</summary>
    public bool FromCache { get; private init; }

    /// <summary>Reports of its training, also if that was long ago.</summary>
    public IReadOnlyList<TrainingProgress> History { get; private init; } = [];

    /// <summary>Takes the model from the cache, or trains it and puts it there; see <see cref="TinyLm.GetOrTrain"/>.</summary>
    /// <param name="options">How.</param>
    /// <param name="corpus">Its training text.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="cancellation">Stops before the next step; nothing is kept then.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">Options outside their range, or a text too short.</exception>
    public static TinyWordLm GetOrTrain(
        TinyWordLmOptions options, TextSplits corpus, Device? device = null, IProgress<TrainingProgress>? progress = null,
        ModelCache? cache = null, CancellationToken cancellation = default)
    {
        options.Check();
        device ??= CPU;
        var model = NewModel(options, device);
        var (history, fromCache) = (cache ?? ModelCache.Default).LoadOrTrain(model, Key(options, corpus, device), () => Trainer.Run(
            model, Windows(options, corpus, device), model.Loss, options.Training(corpus.Name), progress: progress, cancellation: cancellation), progress);
        return new(options, model) { History = history, FromCache = fromCache };
    }

    /// <summary>Windows of a corpus's training text, as these options ask for.</summary>
    internal static WordWindows Windows(TinyWordLmOptions options, TextSplits corpus, Device device) => new(
        options.Splitter.Split(corpus.Train, options.Model.MaxWordBytes), options.Model.Context, options.Model.MaxWordBytes,
        options.WordsPerStep / options.Model.Context, options.Seed, device);

    /// <summary>How well it predicts each byte of a text.</summary>
    /// <param name="text">UTF-8, not empty.</param>
    public ByteScores Score(byte[] text) => ByteScores.Of(Model, Split(text));

    /// <summary>Goes on with a text.</summary>
    /// <param name="prompt">May be empty; its last word counts as finished.</param>
    /// <param name="words">How many to draw.</param>
    /// <param name="options">How.</param>
    /// <returns>The continuation alone, as bytes: it may end inside a character.</returns>
    public byte[] Continue(string prompt, int words, SamplingOptions options) =>
        WordSampler.Sample(Model, Split(ByteStrings.Utf8(prompt)), words, options);

    /// <summary>A text in the model's words.</summary>
    public WordText Split(byte[] text) => Options.Splitter.Split(text, Options.Model.MaxWordBytes);

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static WordLm NewModel(TinyWordLmOptions options, Device device)
    {
        using var generator = manual_seed(Seed.Derive(options.Seed, "weights"));
        return new WordLm(options.Model).OnDevice(device);
    }

    private static string Key(TinyWordLmOptions options, TextSplits corpus, Device device) => JsonSerializer.Serialize(new
    {
        kind = "tiny-word-lm",
        options,
        corpus = corpus.Hash(),
        device = device.type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Text", "Data"),
    });
}
