using System.Text;
using Lab.Data;
using Lab.Metrics;
using Lab.Plots;
using Lab.Text;
using Plotly.NET;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>The notebook's pictures.</summary>
public static class HierarchicalFigures
{
    /// <summary>A text as the units of both models, one row each, coloured by what predicting them costs.</summary>
    /// <param name="run">Whose models.</param>
    /// <param name="text">A sentence or two.</param>
    /// <param name="title">Above the picture.</param>
    public static GenericChart Units(HierarchicalRun run, string text, string title)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var (words, ids) = (run.Words.Split(bytes), run.Tokens.Tokenizer.Encode(bytes));
        var ofWords = ByteScores.Of(run.Words.Model, words);
        var ofTokens = ByteScores.Of(run.Tokens.Model, ids, run.Tokens.Tokenizer.Vocabulary);
        var tokenStarts = ids.Aggregate(new List<int> { 0 }, (starts, id) => [.. starts, starts[^1] + run.Tokens.Tokenizer.Vocabulary[id].Length]);
        return Charts.Strips(
        [
            Strip($"BPE: {ids.Length} tokens", [.. tokenStarts], ofTokens),
            Strip("bytes in the words", [.. Enumerable.Range(0, bytes.Length + 1)], ofWords),
            Strip($"backbone: {words.Count} words", words.Starts, ofWords),
        ], "byte", "bits", title);
    }

    /// <summary>What a byte costs by its place in the word: much at the start, little at the end. What a token costs stands at its first byte.</summary>
    /// <param name="run">Whose models.</param>
    /// <param name="text">Scored; at least two words.</param>
    public static GenericChart BitsInsideWords(HierarchicalRun run, byte[] text)
    {
        const int Places = 12;
        var words = WordSplitter.Whitespace.Split(text);
        ByteScores[] scores = [run.Words.Score(text), ByteScores.Of(run.Tokens.Model, run.Tokens.Tokenizer.Encode(text), run.Tokens.Tokenizer.Vocabulary)];
        return Charts.Lines(
            [.. scores.Zip(new[] { run.Hierarchical.Name, run.Baseline.Name }, (score, name) => new Series(name, [.. Enumerable.Range(1, Places).Select(place => (double)place)], ByPlace(score)))],
            "byte of the word", "bits, mean", "What a byte costs by its place in the word");

        double[] ByPlace(ByteScores score) => [.. Enumerable.Range(0, Places).Select(place => Enumerable.Range(1, words.Count - 1)
            .Where(word => words[word].Length > place).Select(word => (double)score.Bits[words.Starts[word] + place]).DefaultIfEmpty(double.NaN).Average())];
    }

    /// <summary>Bits per byte in the second language, and in the first one which is being forgotten, over operations; mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Adaptation(HierarchicalResults results) => Charts.Lines(
        [.. Curves(results, run => run.Hierarchical), .. Curves(results, run => run.Baseline)],
        "operations spent on the second language, TFLOP", "bits per byte", $"First {results.Main.Name}, then {results.Other.Name}");

    /// <summary>Operations per byte of the forward pass by language, by part.</summary>
    /// <param name="run">Whose models.</param>
    /// <param name="texts">Their test parts are counted.</param>
    public static GenericChart Costs(HierarchicalRun run, IReadOnlyList<TextSplits> texts)
    {
        var costs = texts.SelectMany(text => new[]
        {
            (Name: $"{Brief(text)}<br>words", Cost: HierarchicalExperiment.CostPerByte(run.Words, text.Test)),
            (Name: $"{Brief(text)}<br>BPE", Cost: HierarchicalExperiment.CostPerByte(run.Tokens, text.Test)),
        }).ToArray();
        return Charts.StackedBars(
            [.. costs.Select(cost => cost.Name)],
            [Part("encoder", cost => cost.Encoder), Part("backbone", cost => cost.Backbone), Part("decoder", cost => cost.Decoder), Part("output layer", cost => cost.Head)],
            "MFLOP per byte", "Operations of the forward pass by language");

        BarGroup Part(string name, Func<ForwardCost, double> part) => new(name, [.. costs.Select(cost => part(cost.Cost) / 1e6)]);
        static string Brief(TextSplits text) => text.Name.Split(' ')[^1]; // the language: a label has little room
    }

    private static IEnumerable<Series> Curves(HierarchicalResults results, Func<HierarchicalRun, ArmResult> arm)
    {
        var runs = results.Runs.Select(arm).ToArray();
        yield return Curve($"{runs[0].Name}: {results.Other.Name}", runs, point => point.Other);
        yield return Curve($"{runs[0].Name}: {results.Main.Name}", runs, point => point.Main);
    }

    private static Series Curve(string name, ArmResult[] runs, Func<AdaptationPoint, double> value) => new(
        name, [.. runs[0].Adaptation.Select(point => point.Flops / 1e12)], [.. runs[0].Adaptation.Select((_, i) => runs.Average(run => value(run.Adaptation[i])))]);

    private static Strip Strip(string name, IReadOnlyList<int> starts, ByteScores scores)
    {
        var units = Enumerable.Range(0, starts.Count - 1).ToArray();
        return new(name, [.. starts.Select(start => (double)start)], [.. units.Select(Bits)], [.. units.Select(Shown)]);

        double Bits(int unit) => Enumerable.Range(starts[unit], starts[unit + 1] - starts[unit]).Sum(at => (double)scores.Bits[at] + scores.EndBits[at]);
        string Shown(int unit) => Encoding.UTF8.GetString(scores.Text.AsSpan(starts[unit]..starts[unit + 1])).Replace(' ', '·').Replace('\n', '↵').Replace('\uFFFD', '‑');
    }
}
