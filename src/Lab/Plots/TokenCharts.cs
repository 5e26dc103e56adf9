using System.Globalization;
using Plotly.NET;
using Plotly.NET.LayoutObjects;
using Plotly.NET.TraceObjects;

namespace Lab.Plots;

/// <summary>A token as a box over its place in a text.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Label">In the box.</param>
/// <param name="Hover">Shown when the pointer rests on it.</param>
/// <param name="Colour">Boxes of one number have one colour.</param>
public sealed record TokenBox(int Start, int Length, string Label, string Hover, int Colour);

/// <summary>One way to cut a text into tokens.</summary>
/// <param name="Boxes">From left to right.</param>
/// <param name="Weight">From 0 to 1; decides how tall the boxes are.</param>
public sealed record TokenRow(IReadOnlyList<TokenBox> Boxes, double Weight);

/// <summary>A line of cells in a heat strip.</summary>
/// <param name="Name">At the left.</param>
/// <param name="Values">One per cell; decides the colour.</param>
public sealed record StripRow(string Name, IReadOnlyList<double> Values);

public static partial class Charts
{
    /// <summary>Several ways to cut one text into tokens, one below the other, the weightiest on top.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="end">Where the text ends: a line stands there, and boxes may go on beyond it.</param>
    /// <param name="x">Label of the horizontal axis.</param>
    /// <param name="y">Label of the vertical axis, which shows weights in %.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No row.</exception>
    public static GenericChart TokenRows(IReadOnlyList<TokenRow> rows, int end, string x, string y, string title = "")
    {
        const double Thinnest = 0.12, Between = 0.06; // a row of almost no weight can still be read
        if (rows.Count == 0) throw new ArgumentException("A chart needs at least one row.", nameof(rows));
        var (centres, top, placed) = (new List<double>(), 0.0, new List<(TokenBox Box, double Centre, double Height)>());
        foreach (var row in rows.OrderByDescending(row => row.Weight))
        {
            var height = Thinnest + (1 - Thinnest) * row.Weight;
            centres.Add(top - height / 2);
            placed.AddRange(row.Boxes.Select(box => (box, top - height / 2, height)));
            top -= height + Between;
        }

        var trace = With(new Trace("bar"),
            ("orientation", "h"), ("showlegend", false), ("hoverinfo", "text"), ("textposition", "inside"), ("insidetextanchor", "middle"),
            ("constraintext", "none"), ("y", placed.Select(p => p.Centre)), ("width", placed.Select(p => p.Height)),
            ("base", placed.Select(p => p.Box.Start)), ("x", placed.Select(p => p.Box.Length)),
            ("text", placed.Select(p => p.Box.Label)), ("hovertext", placed.Select(p => p.Box.Hover)),
            ("marker", With(new Marker(), ("color", placed.Select(p => colours[p.Box.Colour % colours.Length])), ("line", With(new Line(), ("color", Ink), ("width", 1))))));
        var labels = rows.OrderByDescending(row => row.Weight).Select(row => (100 * row.Weight).ToString("0.0", CultureInfo.InvariantCulture));
        var weights = With(Axis(y), ("tickvals", centres), ("ticktext", labels), ("showgrid", false), ("zeroline", false));
        return Chart([trace], With(Layout(With(Axis(x), ("dtick", 1), ("zeroline", false)), weights, title),
            ("barmode", "overlay"), ("shapes", new[] { Upright(end, "paper", 0, 1, Ink, 2, "dash") })));
    }

    /// <summary>Values along a text as colours, with the borders of its tokens.</summary>
    /// <param name="cells">What stands in each cell, e.g. a letter.</param>
    /// <param name="rows">At least one, from top to bottom, each with one value per cell.</param>
    /// <param name="borders">Cells in front of which a token begins.</param>
    /// <param name="unit">Of the values.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No row, or one with another number of values than there are cells.</exception>
    public static GenericChart HeatStrip(IReadOnlyList<string> cells, IReadOnlyList<StripRow> rows, IReadOnlyList<int> borders, string unit, string title = "")
    {
        if (rows.Count == 0) throw new ArgumentException("A strip needs at least one row.", nameof(rows));
        if (rows.FirstOrDefault(row => row.Values.Count != cells.Count) is { } wrong)
            throw new ArgumentException($"'{wrong.Name}' has {wrong.Values.Count} values for {cells.Count} cells.", nameof(rows));

        var trace = With(new Trace("heatmap"),
            ("z", rows.Select(row => Gapped(row.Values))), ("y", rows.Select(row => row.Name)), ("text", rows.Select(_ => cells)),
            ("texttemplate", "%{text}"), ("hovertemplate", "%{text}: %{z:.2f} " + unit + "<extra>%{y}</extra>"), ("colorscale", "Viridis"),
            ("colorbar", With(new ColorBar(), ("title", With(new Title(), ("text", unit))), ("thickness", 12))));
        var layout = Layout(With(Axis("byte"), ("showgrid", false), ("zeroline", false)), With(Axis(""), ("autorange", "reversed"), ("showgrid", false)), title);
        return Chart([trace], With(layout, ("height", 120 + 45 * rows.Count), ("shapes", borders.Select(cell => Upright(cell - 0.5, "paper", 0, 1, "#ffffff", 1.5, "solid")).ToArray())));
    }

    /// <summary>Charts of the same kind of which a slider shows one at a time.</summary>
    /// <param name="charts">At least one, each with what the slider calls it. The first decides the axes.</param>
    /// <param name="name">What the slider moves over.</param>
    /// <param name="active">Shown at first.</param>
    /// <exception cref="ArgumentException">No chart.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No chart of that number.</exception>
    public static GenericChart Slides(IReadOnlyList<(string Label, GenericChart Chart)> charts, string name, int active = 0)
    {
        if (charts.Count == 0) throw new ArgumentException("A slider needs at least one chart.", nameof(charts));
        if ((uint)active >= charts.Count) throw new ArgumentOutOfRangeException(nameof(active), active, $"There are {charts.Count} charts, numbered from 0.");
        var owners = new List<int>();
        var traces = new List<Trace>();
        foreach (var (i, (_, chart)) in charts.Index())
            foreach (var trace in GenericChart.getTraces(chart))
            {
                owners.Add(i);
                traces.Add(With(trace, ("visible", i == active)));
            }

        var steps = charts.Select((step, i) => With(new SliderStep(),
            ("label", step.Label), ("method", "update"), ("args", new object[] { new Dictionary<string, object> { ["visible"] = owners.Select(owner => owner == i).ToArray() }, Changes(step.Chart) })));
        var slider = With(new Slider(),
            ("active", active), ("steps", steps.ToArray()), ("pad", new Dictionary<string, object> { ["t"] = 95 }),
            ("currentvalue", With(new SliderCurrentValue(), ("prefix", $"{name}: "))));
        var layout = GenericChart.getLayout(charts[active].Chart);
        return Chart(traces, With(layout, ("sliders", new[] { slider }), ("height", 500)));
    }

    // What a step changes beside the traces.
    private static Dictionary<string, object> Changes(GenericChart chart)
    {
        var layout = GenericChart.getLayout(chart);
        var changes = new Dictionary<string, object> { ["shapes"] = Array.Empty<Shape>() };
        foreach (var part in layout.GetPropertyNames(true).Intersect(["shapes", "title", "xaxis", "yaxis"])) changes[part] = layout.GetPropertyValue(part);
        return changes;
    }

    private static Shape Upright(double x, string reference, double from, double to, string colour, double width, string dash) => With(new Shape(),
        ("type", "line"), ("x0", x), ("x1", x), ("yref", reference), ("y0", from), ("y1", to), ("line", With(new Line(), ("color", colour), ("width", width), ("dash", dash))));
}
