using System.Text;
using Lab.Metrics;
using Lab.Text;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.LearnYourTokens;

/// <summary>The notebook's tables.</summary>
public static class PooledTables
{
    /// <summary>What became of every model, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Models(PooledResults results)
    {
        var arms = Arms(results);
        return new(
            Words("model", arms, runs => runs[0].Name),
            Number("word accuracy, %", arms, runs => Math.Round(100 * runs.Average(arm => arm.WordAccuracy), 2)),
            Number("± over seeds", arms, runs => runs.Length < 2 ? null : Math.Round(100 * Spread.Of([.. runs.Select(arm => arm.WordAccuracy)]).Deviation, 2)),
            Number("drawn instead, %", arms, runs => Math.Round(100 * runs.Average(arm => arm.SampledAccuracy), 2)),
            Number("bits per byte", arms, runs => runs[0].BitsPerByte is null ? null : Math.Round(runs.Average(arm => arm.BitsPerByte!.Value), 3)),
            Number("parameters", arms, runs => runs[0].Parameters),
            Number("forward kFLOP per byte", arms, runs => Math.Round(runs[0].CostPerByte / 1e3)),
            Number("MB seen", arms, runs => Math.Round(runs[0].BytesSeen / 1e6, 2)),
            Number("µs per byte", arms, runs => Math.Round(1e6 * runs.Average(arm => arm.Seconds / arm.BytesSeen), 1)));
    }

    /// <summary>Right words by how often they occurred in training, with half the 95 % interval; words of all seeds together.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Frequencies(PooledResults results)
    {
        var arms = Arms(results);
        var columns = Enumerable.Range(0, arms[0][0].Buckets.Count).Select(bucket =>
        {
            var pooled = arms.Select(runs => Pooled(runs, bucket)).ToArray();
            return (DataFrameColumn)Words($"{pooled[0].Name}: {arms[0][0].Buckets[bucket].Words} words, %", pooled, p => p.Words == 0 ? "" : FormattableString.Invariant($"{100 * p.Accuracy:F1} ± {100 * p.Interval:F1}"));
        });
        return new([Words("model", arms, runs => runs[0].Name), .. columns]);
    }

    /// <summary>
    /// Mean probability in % of the most frequent words where they come, beside their share of the training text, which a model that ignores its context
    /// would give them; words of all seeds together.
    /// </summary>
    /// <param name="results">At least one run.</param>
    /// <param name="count">Words.</param>
    public static DataFrame Frequent(PooledResults results, int count)
    {
        var train = WordSplitter.Whitespace.Split(results.Corpus.Train);
        var (counts, test) = (WordCounts.Of(train), WordSplitter.Whitespace.Split(results.Runs[0].Single.Scores.Text));
        byte[][] rows = [.. counts.ByFrequency.Where(word => Places(word).Any()).Take(count)];
        return new([
            Words("word", rows, Label),
            Number("share of training, %", rows, row => 100.0 * counts[row] / train.Count, 1),
            .. Arms(results).Select(runs => Number(runs[0].Name, rows, row => 100 * Places(row).Average(place => runs.Average(arm => arm.Scores.Probability(test, place))), 1)),
        ]);

        IEnumerable<int> Places(byte[] word) => Enumerable.Range(1, test.Count - 1).Where(place => test[place].SequenceEqual(word));
    }

    /// <summary>The words that the pooled model with one vector per word predicts more, or less, often than the subword model.</summary>
    /// <param name="results">Words of all seeds count together.</param>
    /// <param name="count">Words of each kind.</param>
    public static DataFrame Changed(PooledResults results, int count)
    {
        var counts = WordCounts.Of(WordSplitter.Whitespace.Split(results.Corpus.Train));
        var changes = new Dictionary<string, (int Occurrences, int Ours, int Theirs)>();
        foreach (var run in results.Runs)
        {
            var words = WordSplitter.Whitespace.Split(run.Single.Scores.Text);
            for (var word = 1; word < words.Count; word++)
            {
                var spelling = Encoding.UTF8.GetString(words[word]);
                var (occurrences, ours, theirs) = changes.GetValueOrDefault(spelling);
                changes[spelling] = (occurrences + 1, ours + Right(run.Single), theirs + Right(run.Subwords));
                int Right(PooledArm arm) => arm.Scores.IsRight(words, word) ? 1 : 0;
            }
        }

        var ranked = changes.OrderByDescending(change => change.Value.Ours - change.Value.Theirs).ThenBy(change => change.Key, StringComparer.Ordinal).ToArray();
        var rows = ranked.Take(count).Concat(ranked.TakeLast(count)).ToArray();
        return new(
            Words("word", rows, row => Label(row.Key)),
            Number("in training", rows, row => counts[Encoding.UTF8.GetBytes(row.Key)]),
            Number("in the test text", rows, row => row.Value.Occurrences),
            Number("right, pooled, p = 1", rows, row => row.Value.Ours),
            Number("right, subwords", rows, row => row.Value.Theirs));
    }

    private static string Label(byte[] word) => Label(Encoding.UTF8.GetString(word));

    private static string Label(string word) => word.Replace("\n", "↵").Replace(' ', '·');

    private static PooledArm[][] Arms(PooledResults results) => [.. Enumerable.Range(0, results.Runs[0].Arms.Count).Select(arm => results.Runs.Select(run => run.Arms[arm]).ToArray())];

    /// <summary>A bucket of all seeds together.</summary>
    internal static FrequencyBucket Pooled(IReadOnlyList<PooledArm> runs, int bucket) =>
        new(runs[0].Buckets[bucket].Name, runs.Sum(run => run.Buckets[bucket].Words), runs.Sum(run => run.Buckets[bucket].Right));
}
