using Lab.Data;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Text;

/// <summary>Windows of a text's words, drawn uniformly with replacement.</summary>
public sealed class WordWindows : IBatchSource<WordBatch>
{
    private readonly WordText text;
    private readonly int words, mostBytes;
    private readonly long seed;
    private readonly Device? device;

    /// <param name="text">Words of at most <paramref name="mostBytes"/> bytes.</param>
    /// <param name="words">In a window.</param>
    /// <param name="mostBytes">Of a word.</param>
    /// <param name="batchSize">Windows in a batch.</param>
    /// <param name="seed">Of the places.</param>
    /// <param name="device">Where the batches are made; the CPU when null.</param>
    /// <exception cref="ArgumentException">A size below 1, or fewer words than a window has.</exception>
    public WordWindows(WordText text, int words, int mostBytes, int batchSize, long seed, Device? device = null)
    {
        if (words < 1 || batchSize < 1) throw new ArgumentException($"Windows and batches hold at least 1, got {words} words and {batchSize} windows.", nameof(words));
        if (text.Count < words) throw new ArgumentException($"Windows of {words} words need a text of that many, got {text.Count}.", nameof(text));
        (this.text, this.words, this.mostBytes, BatchSize, this.device) = (text, words, mostBytes, batchSize, device);
        this.seed = Seed.Derive(seed, "windows");
    }

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <inheritdoc/>
    public long BatchesPerEpoch => Math.Max(1, text.Count / ((long)words * BatchSize));

    /// <inheritdoc/>
    public IEnumerable<WordBatch> From(long step)
    {
        for (; ; step++)
        {
            var random = new CounterRandom(seed, step);
            var starts = new int[BatchSize];
            for (var window = 0; window < BatchSize; window++) starts[window] = random.Below(text.Count - words + 1);
            yield return WordBatch.Of(text, starts, words, mostBytes, device);
        }
    }
}
