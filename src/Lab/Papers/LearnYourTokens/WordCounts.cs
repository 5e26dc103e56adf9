using System.Runtime.InteropServices;
using Lab.Metrics;
using Lab.Text;

namespace Lab.Papers.LearnYourTokens;

/// <summary>Words of a test text that occurred a number of times in training, and how many of them a model got right.</summary>
/// <param name="Name">E.g. <c>1-4</c>.</param>
/// <param name="Words">How many.</param>
/// <param name="Right">How many of them were predicted whole.</param>
public sealed record FrequencyBucket(string Name, int Words, int Right)
{
    /// <summary>Share of right words; not a number where there are none.</summary>
    public double Accuracy => Words == 0 ? double.NaN : (double)Right / Words;

    /// <summary>Half the width of the 95 % interval of the share, by the normal approximation with two words of each kind added.</summary>
    /// <remarks>Source: Agresti, Coull 1998, section 3.</remarks>
    public double Interval
    {
        get
        {
            double n = Words + 4, share = (Right + 2) / n;
            return 1.96 * Math.Sqrt(share * (1 - share) / n);
        }
    }
}

/// <summary>How often each word occurs in a text.</summary>
public sealed class WordCounts
{
    private static readonly (string Name, int From)[] buckets = [("0", 0), ("1-4", 1), ("5-19", 5), ("20-99", 20), ("100 and more", 100)];

    private readonly Dictionary<byte[], int> counts = new(ByteStrings.Comparer);

    private WordCounts() { }

    /// <summary>Counts.</summary>
    /// <param name="words">Usually of a training text.</param>
    public static WordCounts Of(WordText words)
    {
        var result = new WordCounts();
        var lookup = result.counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (var i = 0; i < words.Count; i++) CollectionsMarshal.GetValueRefOrAddDefault(lookup, words[i], out _)++;
        return result;
    }

    /// <summary>Different words, the most frequent first; of equally frequent ones the first met.</summary>
    public IEnumerable<byte[]> ByFrequency => counts.OrderByDescending(count => count.Value).Select(count => count.Key);

    /// <summary>How often a word occurs.</summary>
    public int this[ReadOnlySpan<byte> word] => counts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(word, out var count) ? count : 0;

    /// <summary>Word accuracy by how often the words occurred in training: never, 1 to 4 times, and so on.</summary>
    /// <param name="scores">Of a test text.</param>
    /// <param name="words">Its words; the first does not count.</param>
    public IReadOnlyList<FrequencyBucket> Buckets(ByteScores scores, WordText words)
    {
        var (all, right) = (new int[buckets.Length], new int[buckets.Length]);
        for (var word = 1; word < words.Count; word++)
        {
            var count = this[words[word]];
            var bucket = Array.FindLastIndex(buckets, bucket => bucket.From <= count);
            all[bucket]++;
            if (scores.IsRight(words, word)) right[bucket]++;
        }
        return [.. buckets.Select((bucket, i) => new FrequencyBucket(bucket.Name, all[i], right[i]))];
    }
}
