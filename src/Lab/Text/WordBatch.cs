using static TorchSharp.torch;

namespace Lab.Text;

/// <summary>Words of like length, padded to the longest they may be.</summary>
/// <param name="Rows">[n] int64: which words of the batch these are.</param>
/// <param name="Bytes">[n, c] int64: a word's bytes, then zeros.</param>
/// <param name="Lengths">[n] int64: bytes of each.</param>
/// <param name="Next">[n, c + 1] int64: the word's bytes, <see cref="WordBatch.EndOfWord"/>, then <see cref="WordBatch.Ignored"/>.</param>
/// <param name="Distinct">[m] int64: one place in the bucket of each different word, as an encoder need not read a word twice.</param>
/// <param name="Same">[n] int64: which of the distinct words each is.</param>
public sealed record WordBucket(Tensor Rows, Tensor Bytes, Tensor Lengths, Tensor Next, Tensor Distinct, Tensor Same) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Rows, Bytes, Lengths, Next, Distinct, Same }) tensor.Dispose();
    }
}

/// <summary>
/// Windows of words, sorted into buckets by length: a text's words are short, and padding all to the longest would make
/// two thirds of the work padding.
/// </summary>
/// <param name="Windows">Windows side by side, B.</param>
/// <param name="Words">Words in a window, T.</param>
/// <param name="Buckets">Those that are not empty; word t of window b is row b T + t.</param>
/// <param name="Order">[B T] int64: where each word stands when the buckets follow each other.</param>
/// <param name="Units">Bytes and ends of words to predict.</param>
public sealed record WordBatch(int Windows, int Words, IReadOnlyList<WordBucket> Buckets, Tensor Order, long Units) : IDisposable
{
    /// <summary>Symbol behind the last byte of a word; the bytes are 0 .. 255.</summary>
    public const int EndOfWord = 256;

    /// <summary>Target of a place that is padding.</summary>
    public const int Ignored = -100;

    private const int BucketCount = 8; // more buckets, less padding, but more and smaller operations

    /// <summary>Packs windows of a text.</summary>
    /// <param name="text">Words of at most <paramref name="mostBytes"/> bytes.</param>
    /// <param name="starts">First word of each window.</param>
    /// <param name="words">Words in a window.</param>
    /// <param name="mostBytes">Of a word.</param>
    /// <param name="device">Where the tensors are made; the CPU when null.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">A word longer than the limit, or a window that reaches beyond the text.</exception>
    public static WordBatch Of(WordText text, ReadOnlySpan<int> starts, int words, int mostBytes, Device? device = null)
    {
        int[] sizes = [.. Enumerable.Range(1, BucketCount).Select(i => (mostBytes * i + BucketCount - 1) / BucketCount).Distinct()];
        var members = sizes.Select(_ => new List<(int Row, int Word)>()).ToArray();
        var units = 0L;
        for (var row = 0; row < starts.Length * words; row++)
        {
            var word = starts[row / words] + row % words;
            if (word >= text.Count) throw new ArgumentException($"A window of {words} words from {starts[row / words]} on reaches beyond the {text.Count} words of the text.", nameof(starts));
            var length = text.Starts[word + 1] - text.Starts[word];
            if (length > mostBytes) throw new ArgumentException($"Word {word} has {length} bytes, more than {mostBytes}. Split the text with that limit.", nameof(text));
            members[Array.FindIndex(sizes, size => length <= size)].Add((row, word));
            units += length + 1;
        }

        var order = new long[starts.Length * words];
        var place = 0L;
        foreach (var (row, _) in members.SelectMany(bucket => bucket)) order[row] = place++;
        var buckets = members.Zip(sizes).Where(bucket => bucket.First.Count > 0).Select(bucket => Bucket(text, bucket.First, bucket.Second, device)).ToArray();
        return new(starts.Length, words, buckets, Long(order, [order.Length], device), units);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Order.Dispose();
        foreach (var bucket in Buckets) bucket.Dispose();
    }

    private static WordBucket Bucket(WordText text, List<(int Row, int Word)> members, int size, Device? device)
    {
        var (count, rows, lengths, same) = (members.Count, new long[members.Count], new long[members.Count], new long[members.Count]);
        var (known, distinct) = (new Dictionary<byte[], int>(ByteStrings.Comparer).GetAlternateLookup<ReadOnlySpan<byte>>(), new List<long>());
        var (bytes, next) = (new long[count * size], new long[count * (size + 1)]);
        Array.Fill(next, Ignored);
        for (var i = 0; i < count; i++)
        {
            var word = text[members[i].Word];
            (rows[i], lengths[i]) = (members[i].Row, word.Length);
            for (var j = 0; j < word.Length; j++) bytes[i * size + j] = next[i * (size + 1) + j] = word[j];
            next[i * (size + 1) + word.Length] = EndOfWord;
            if (known.TryAdd(word, distinct.Count)) distinct.Add(i);
            same[i] = known[word];
        }
        return new(
            Long(rows, [count], device), Long(bytes, [count, size], device), Long(lengths, [count], device), Long(next, [count, size + 1], device),
            Long([.. distinct], [distinct.Count], device), Long(same, [count], device));
    }

    private static Tensor Long(long[] values, long[] shape, Device? device) => tensor(values, shape, device: device).DetachFromDisposeScope();
}
