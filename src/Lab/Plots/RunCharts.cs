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
}

/// <summary>Values whose spread one box shows.</summary>
/// <param name="Name">Below the box.</param>
/// <param name="Values">Shown as points, too.</param>
public sealed record BoxGroup(string Name, IReadOnlyList<double> Values);

public static partial class Charts
{
    private const int LongestLabel = 28, MostTicks = 5;

    /// <summary>Things as lines over several axes, coloured by the last axis.</summary>
    /// <param name="axes">At least one, all with as many values.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No axis, or axes with different numbers of values.</exception>
    public static GenericChart ParallelCoordinates(IReadOnlyList<ParallelAxis> axes, string title = "")
    {
        if (axes.Count == 0 || axes.Any(axis => axis.Values.Count != axes[0].Values.Count))
            throw new ArgumentException($"Parallel coordinates need axes with as many values each, got {string.Join(", ", axes.Select(axis => axis.Values.Count))}.", nameof(axes));

        var line = With(new Line(), ("color", Gapped(axes[^1].Values)), ("colorscale", "Viridis"), ("showscale", false));
        var trace = With(new Trace("parcoords"), ("dimensions", axes.Select(Dimension).ToArray()), ("line", line), ("labelangle", -12), ("labelside", "top"), ("rangefont", With(new Font(), ("size", 1), ("color", Clear))));
        return Chart([trace], With(Layout(Axis(""), Axis(""), title), ("height", 460), ("margin", With(new Margin(), ("l", 80), ("r", 80), ("t", 130), ("b", 30)))));
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

    private static DynamicObj.DynamicObj Dimension(ParallelAxis axis)
    {
        var dimension = new DynamicObj.DynamicObj();
        dimension.SetProperty("label", axis.Label.Length <= LongestLabel ? axis.Label : $"{axis.Label[..(LongestLabel - 1)]}…");
        dimension.SetProperty("values", Gapped(axis.Values));
        if (axis.Words.Count > 0) dimension.SetProperty("ticktext", axis.Words);

        // A parameter has few values: the axis names them and no others.
        var places = axis.Words.Count > 0 ? [.. Enumerable.Range(0, axis.Words.Count).Select(place => (double)place)] : axis.Values.Where(double.IsFinite).Distinct().Order().ToArray();
        if (places.Length <= MostTicks || axis.Words.Count > 0) dimension.SetProperty("tickvals", places);
        return dimension;
    }
}
