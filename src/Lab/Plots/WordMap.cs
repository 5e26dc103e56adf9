using System.Text;
using Lab.Text;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>Words as a model reads them.</summary>
public static class WordMap
{
    /// <summary>What the encoder makes of words, in the plane of their two main directions.</summary>
    /// <param name="model">Whose encoder.</param>
    /// <param name="groups">Words that belong together, by name.</param>
    /// <param name="title">Above the picture.</param>
    public static GenericChart Of(TinyWordLm model, IReadOnlyList<(string Name, IReadOnlyList<string> Words)> groups, string title)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var all = groups.SelectMany(group => group.Words).ToArray();
        var starts = all.Aggregate(new List<int> { 0 }, (list, word) => [.. list, list[^1] + Encoding.UTF8.GetByteCount(word)]);
        using var batch = WordBatch.Of(new(Encoding.UTF8.GetBytes(string.Concat(all)), [.. starts]), [0], all.Length, model.Options.Model.MaxWordBytes, model.Model.parameters().First().device);
        var vectors = model.Model.Encode(batch).flatten(2)[0].cpu(); // [n, p D]
        var (_, _, directions) = linalg.svd(vectors - vectors.mean([0], keepdim: true), fullMatrices: false);
        var plane = (vectors - vectors.mean([0], keepdim: true)).matmul(directions.narrow(0, 0, 2).t()).to(ScalarType.Float64);
        var (x, y) = (plane.select(1, 0).contiguous().data<double>().ToArray(), plane.select(1, 1).contiguous().data<double>().ToArray());

        var series = new List<Series>();
        var at = 0;
        foreach (var (name, words) in groups)
        {
            series.Add(new(name, x[at..(at + words.Count)], y[at..(at + words.Count)]) { Hover = [.. words.Select(word => word.Trim())] });
            at += words.Count;
        }
        return Charts.Scatter(series, "first direction", "second direction", title);
    }
}
