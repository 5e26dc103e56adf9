using static TorchSharp.torch;

namespace Lab.Text;

/// <summary>Words of one length.</summary>
/// <param name="Rows">[n] int64: which words of the batch these are.</param>
/// <param name="Bytes">[n, c] int64.</param>
/// <param name="Next">[n, c + 1] int64: the word's bytes, then <see cref="WordBatch.EndOfWord"/>.</param>
/// <param name="Distinct">[m, c] int64: each different word once, as an encoder need not read a word twice.</param>
public sealed record WordBucket(Tensor Rows, Tensor Bytes, Tensor Next, Tensor Distinct) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Rows, Bytes, Next, Distinct }) tensor.Dispose();
    }
}

/// <summary>Windows of words, sorted by length: a text's words are short, and padding all to the longest would make two thirds of the work padding.</summary>
/// <param name="Windows">Windows side by side, B.</param>
/// <param name="Words">Words in a window, T.</param>
/// <param name="Buckets">One per length, the shortest first; word t of window b is row b T + t.</param>
/// <param name="Reading">[B T] int64: where each word stands among the distinct ones of all buckets.</param>
/// <param name="Units">Bytes and ends of words to predict.</param>
public sealed record WordBatch(int Windows, int Words, IReadOnlyList<WordBucket> Buckets, Tensor Reading, long Units) : IDisposable
{
    /// <summary>Symbol behind the last byte of a word; the bytes are 0 .. 255.</summary>
    public const int EndOfWord = 256;

    /// <summary>Packs windows of a text.</summary>
    /// <param name="text">Words of at most <paramref name="mostBytes"/> bytes.</param>
    /// <param name="starts">First word of each window.</param>
    /// <param name="words">Words in a window.</param>
    /// <param name="mostBytes">Of a word.</param>
    /// <param name="device">Where the tensors are made; the CPU when null.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No window, a word longer than the limit, or a window that reaches beyond the text.</exception>
    public static WordBatch Of(WordText text, ReadOnlySpan<int> starts, int words, int mostBytes, Device? device = null)
    {
        if (starts.IsEmpty || words < 1) throw new ArgumentException($"A batch has windows of words, but here are {starts.Length} of {words}.", nameof(starts));
        var members = new SortedDictionary<int, List<(int Row, int Word)>>(); // by length
        var units = 0L;
        for (var row = 0; row < starts.Length * words; row++)
        {
            var word = starts[row / words] + row % words;
            if (word >= text.Count) throw new ArgumentException($"A window of {words} words from {starts[row / words]} on reaches beyond the {text.Count} words of the text.", nameof(starts));
            var length = text.Starts[word + 1] - text.Starts[word];
            if (length > mostBytes) throw new ArgumentException($"Word {word} has {length} bytes, more than {mostBytes}. Split the text with that limit.", nameof(text));
            if (!members.TryGetValue(length, out var same)) members[length] = same = [];
            same.Add((row, word));
            units += length + 1;
        }

        var (reading, read, buckets) = (new long[starts.Length * words], 0L, new List<WordBucket>());
        foreach (var (length, same) in members) buckets.Add(Bucket(text, length, same, reading, ref read, device));
        return new(starts.Length, words, buckets, Long(reading, [reading.Length], device), units);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reading.Dispose();
        foreach (var bucket in Buckets) bucket.Dispose();
    }

    private static WordBucket Bucket(WordText text, int length, List<(int Row, int Word)> members, long[] reading, ref long read, Device? device)
    {
        var count = members.Count;
        var known = new Dictionary<byte[], long>(ByteStrings.Comparer).GetAlternateLookup<ReadOnlySpan<byte>>();
        var (rows, bytes, next, distinct) = (new long[count], new long[count * length], new long[count * (length + 1)], new List<long>());
        for (var i = 0; i < count; i++)
        {
            var word = text[members[i].Word];
            rows[i] = members[i].Row;
            for (var j = 0; j < length; j++) bytes[i * length + j] = next[i * (length + 1) + j] = word[j];
            next[i * (length + 1) + length] = EndOfWord;
            if (known.TryAdd(word, read))
            {
                read++;
                distinct.AddRange(bytes.AsSpan(i * length, length));
            }
            reading[rows[i]] = known[word];
        }
        return new(
            Long(rows, [count], device), Long(bytes, [count, length], device), Long(next, [count, length + 1], device),
            Long([.. distinct], [distinct.Count / length, length], device));
    }

    private static Tensor Long(long[] values, long[] shape, Device? device) => tensor(values, shape, device: device).DetachFromDisposeScope();
}
