using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>Sequences of tokens and what follows each of them.</summary>
/// <param name="Ids">[B, T] int64.</param>
/// <param name="Next">[B, T] int64, one token further.</param>
public sealed record TokenBatch(Tensor Ids, Tensor Next) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Ids.Dispose();
        Next.Dispose();
    }
}

/// <summary>Windows of a long sequence of tokens, drawn uniformly with replacement.</summary>
public sealed class TokenWindows : IBatchSource<TokenBatch>
{
    private readonly long[] tokens;
    private readonly int length;
    private readonly long seed;
    private readonly Device? device;

    /// <param name="tokens">The sequence.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="batchSize">Windows in a batch.</param>
    /// <param name="seed">Of the places.</param>
    /// <param name="device">Where the batches are made; the CPU when null.</param>
    /// <exception cref="ArgumentException">A size below 1, or a sequence too short for one window and its next token.</exception>
    public TokenWindows(ReadOnlySpan<int> tokens, int length, int batchSize, long seed, Device? device = null)
    {
        if (length < 1 || batchSize < 1) throw new ArgumentException($"Windows and batches hold at least 1, got {length} tokens and {batchSize} windows.", nameof(length));
        if (tokens.Length <= length)
            throw new ArgumentException($"Windows of {length} tokens and what follows them need a text of more than {length} tokens, got {tokens.Length}.", nameof(tokens));
        this.tokens = new long[tokens.Length];
        for (var i = 0; i < tokens.Length; i++) this.tokens[i] = tokens[i];
        (this.length, BatchSize, this.seed, this.device) = (length, batchSize, Seed.Derive(seed, "windows"), device);
    }

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <inheritdoc/>
    public long BatchesPerEpoch => Math.Max(1, tokens.Length / ((long)length * BatchSize));

    /// <inheritdoc/>
    public IEnumerable<TokenBatch> From(long step)
    {
        for (; ; step++)
        {
            var random = new CounterRandom(seed, step);
            var (ids, next) = (new long[BatchSize * length], new long[BatchSize * length]);
            for (var window = 0; window < BatchSize; window++)
            {
                var start = random.Below(tokens.Length - length);
                Array.Copy(tokens, start, ids, window * length, length);
                Array.Copy(tokens, start + 1, next, window * length, length);
            }
            yield return new(Tensor(ids), Tensor(next));
        }
    }

    private Tensor Tensor(long[] values) => tensor(values, [BatchSize, length], device: device).DetachFromDisposeScope();
}
