using System.Text;
using Lab.Data;
using Lab.Metrics;
using Lab.Nn;
using Lab.Plots;
using Lab.Text;
using Plotly.NET;

namespace Lab.Papers.LearnYourTokens;

/// <summary>The notebook's pictures.</summary>
public static class PooledFigures
{
    /// <summary>Word accuracy by how often a word occurred in training, words of all seeds together; whiskers are 95 % intervals.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Frequencies(PooledResults results)
    {
        var buckets = results.Runs[0].Single.Buckets;
        return Charts.Bars(
            [.. buckets.Select(bucket => bucket.Name)],
            [.. Enumerable.Range(0, results.Runs[0].Arms.Count).Select(arm =>
            {
                var runs = results.Runs.Select(run => run.Arms[arm]).ToArray();
                var pooled = buckets.Select((_, i) => PooledTables.Pooled(runs, i)).ToArray();
                return new BarGroup(runs[0].Name, [.. pooled.Select(p => 100 * p.Accuracy)]) { Spread = [.. pooled.Select(p => 100 * p.Interval)] };
            })],
            "right words, %", "Word accuracy by how often the word occurred in training");
    }

    /// <summary>The start of the test text, every word on the colour of what it costs under each model that can spell.</summary>
    /// <param name="run">Whose models.</param>
    /// <param name="words">How many.</param>
    public static GenericChart Words(PooledRun run, int words)
    {
        var text = WordSplitter.Whitespace.Split(run.Single.Scores.Text);
        var shown = Enumerable.Range(1, Math.Min(words, text.Count - 1)).ToArray(); // no token model scores the first word's start
        double[] starts = [.. shown.Append(shown[^1] + 1).Select(word => (double)(text.Starts[word] - text.Starts[1]))];
        return Charts.Strips([.. run.Arms.Where(arm => arm.BitsPerByte is not null).Select(arm => new Strip(arm.Name, starts, [.. shown.Select(Bits(arm))], [.. shown.Select(Label)]))], "byte", "bits", "What a word costs");

        Func<int, double> Bits(PooledArm arm) => word =>
            Enumerable.Range(text.Starts[word], text.Starts[word + 1] - text.Starts[word]).Sum(at => (double)arm.Scores.Bits[at] + arm.Scores.EndBits[at]);
        string Label(int word) => Encoding.UTF8.GetString(text[word]).Replace(' ', '·').Replace('\n', '↵');
    }

    /// <summary>Operations per byte over the bytes of context, of a model of bytes and of pooled ones, all of one width and depth.</summary>
    /// <param name="experiment">Sizes.</param>
    /// <param name="corpus">Gives the lengths of words.</param>
    public static GenericChart Costs(PooledExperiment experiment, TextSplits corpus)
    {
        double[] contexts = [.. Enumerable.Range(6, 8).Select(i => Math.Pow(2, i))];
        var pieces = WordSplitter.Whitespace.Split(corpus.Test, experiment.Canvas);
        return Charts.Lines(
            [new("bytes", contexts, [.. contexts.Select(OfBytes)]), .. new[] { 1, experiment.Prefixes }.Select(p => new Series($"pooled, p = {p}", contexts, [.. contexts.Select(context => OfWords(context, p))]))],
            "bytes of context", "forward kFLOP per byte", $"The same width of {experiment.Width} and {experiment.Layers} blocks", logX: true, logY: true);

        double OfBytes(double context)
        {
            var sizes = new DecoderOptions(256, experiment.Width, experiment.Layers, Heads: 1, (int)context);
            return ForwardCost.Of(sizes, pieces.Bytes.Length).Total / pieces.Bytes.Length / 1e3;
        }

        double OfWords(double context, int prefixes)
        {
            var words = Math.Max(2, (int)Math.Round(context * pieces.Count / pieces.Bytes.Length));
            var sizes = new WordLmOptions(experiment.Width, experiment.CharLayers, experiment.Width, experiment.Layers, words) { Prefixes = prefixes, MaxWordBytes = experiment.Canvas };
            return ForwardCost.Of(sizes, pieces).Total / pieces.Bytes.Length / 1e3;
        }
    }
}
