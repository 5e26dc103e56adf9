using System.Globalization;
using Plotly.NET;
using Plotly.NET.LayoutObjects;
using Plotly.NET.TraceObjects;

namespace Lab.Plots;

/// <summary>An axis of parallel coordinates.</summary>
/// <param name="Label">With unit.</param>
/// <param name="Values">One per line; one that is not a number leaves the line out there.</param>
public sealed record ParallelAxis(string Label, IReadOnlyList<double> Values)
{
    /// <summary>Words on the axis, the first at 0; none for numbers.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>An axis of numbers where all texts are numbers, else of the texts in the order in which they come.</summary>
    public static ParallelAxis Of(string label, IReadOnlyList<string> texts)
    {
        var numbers = texts.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToList();
        if (!numbers.Any(double.IsNaN)) return new ParallelAxis(label, numbers);
        var words = texts.Distinct().ToList();
        return new ParallelAxis(label, [.. texts.Select(text => (double)words.IndexOf(text))]) { Words = words };
    }

    private (double Low, double High) Range => Values.Where(double.IsFinite).DefaultIfEmpty(0).ToList() is var finite ? (finite.Min(), finite.Max()) : default;

    /// <summary>Where a value lies between the smallest, 0, and the largest, 1; in the middle where all are equal.</summary>
    internal double Place(double value) => Range is var (low, high) && high > low ? (value - low) / (high - low) : double.IsFinite(value) ? 0.5 : double.NaN;

    /// <summary>A value as the axis writes it.</summary>
    internal string Text(double value) => Words.Count > 0 && double.IsFinite(value) ? Words[(int)value] : value.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>The values that the axis names: all where they are few, as a parameter's are, else the ends.</summary>
    internal IReadOnlyList<double> Ticks(int most)
    {
        var values = Values.Where(double.IsFinite).Distinct().Order().ToList();
        return values.Count <= most ? values : [values[0], values[^1]];
    }
}

/// <summary>Values whose spread one box shows.</summary>
/// <param name="Name">Below the box.</param>
/// <param name="Values">Shown as points, too.</param>
public sealed record BoxGroup(string Name, IReadOnlyList<double> Values);

public static partial class Charts
{
    private const int LongestLine = 18, MostTicks = 5;

    /// <summary>Things as lines over several axes, each from its smallest to its largest value, coloured by their place on the first.</summary>
    /// <remarks>Drawn as plain lines: Plotly's own parallel coordinates need three of a page's sixteen WebGL contexts each.</remarks>
    /// <param name="axes">At least one, all with as many values.</param>
    /// <param name="names">One per value, shown where the pointer rests.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No axis, or axes with different numbers of values.</exception>
    public static GenericChart ParallelCoordinates(IReadOnlyList<ParallelAxis> axes, IReadOnlyList<string> names, string title = "")
    {
        if (axes.Count == 0 || axes.Any(axis => axis.Values.Count != names.Count))
            throw new ArgumentException($"Parallel coordinates of {names.Count} things need axes with as many values, got {string.Join(", ", axes.Select(axis => axis.Values.Count))}.", nameof(axes));

        double[] places = [.. Enumerable.Range(0, axes.Count).Select(place => (double)place)];
        var lines = names.Select((name, i) => With(Trace(new Series(name, places, [.. axes.Select(axis => axis.Place(axis.Values[i]))]) { Hover = [.. axes.Select(axis => $"{name}<br>{axis.Label}: {axis.Text(axis.Values[i])}")] }, "lines+markers", Viridis.At((float)axes[0].Place(axes[0].Values[i])).ToString().Remove(1, 2)), ("hoverinfo", "text")));
        var x = With(Axis(""), ("tickvals", places), ("ticktext", axes.Select(axis => Broken(axis.Label)).ToArray()), ("range", new[] { -0.5, axes.Count - 0.5 }), ("showgrid", true), ("side", "top"));
        var layout = With(Layout(x, With(Axis(""), ("visible", false), ("range", new[] { -0.06, 1.06 })), title), ("showlegend", false), ("height", 440), ("annotations", Ticks(axes).ToArray()), ("margin", With(new Margin(), ("l", 40), ("r", 40), ("t", 130), ("b", 20))));
        return Chart([.. lines], layout);
    }

    private static IEnumerable<Annotation> Ticks(IReadOnlyList<ParallelAxis> axes) =>
        from axis in axes.Index()
        from value in axis.Item.Ticks(MostTicks)
        select With(new Annotation(), ("x", axis.Index), ("y", axis.Item.Place(value)), ("text", axis.Item.Text(value)), ("showarrow", false), ("xanchor", "right"), ("xshift", -8), ("font", With(new Font(), ("size", 11), ("color", Ink))));

    // Over several lines, so that neighbours do not cover each other.
    private static string Broken(string label)
    {
        var lines = new List<string> { "" };
        foreach (var word in label.Split(' '))
            if (lines[^1].Length > 0 && lines[^1].Length + word.Length >= LongestLine) lines.Add(word);
            else lines[^1] = $"{lines[^1]} {word}".Trim();
        return string.Join("<br>", lines);
    }

    /// <summary>Spreads side by side: quartiles as boxes, every value as a point.</summary>
    /// <param name="groups">At least one.</param>
    /// <param name="y">Label of the vertical axis, with unit.</param>
    /// <param name="title">Above the chart.</param>
    /// <param name="level">A dotted line at this height; none when null.</param>
    /// <exception cref="ArgumentException">No group.</exception>
    public static GenericChart Boxes(IReadOnlyList<BoxGroup> groups, string y, string title = "", double? level = null)
    {
        var chart = Chart([.. groups.Select((group, i) => Box(group, colours[i % colours.Length]))], With(Layout(Axis(""), Axis(y), title), ("showlegend", false)));
        if (level is { } height)
            GenericChart.getLayout(chart).SetProperty("shapes", new[] { With(new Shape(), ("type", "line"), ("xref", "paper"), ("x0", 0), ("x1", 1), ("y0", height), ("y1", height), ("line", With(new Line(), ("color", Ink), ("width", 2), ("dash", "dot")))) });
        return chart;
    }

    private static Trace Box(BoxGroup group, string colour) => With(new Trace("box"),
        ("name", group.Name), ("y", Gapped(group.Values)), ("boxpoints", "all"), ("jitter", 0.3), ("pointpos", 0), ("marker", With(new Marker(), ("color", colour), ("size", 6))));
}
