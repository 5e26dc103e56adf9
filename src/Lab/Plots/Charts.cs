using Microsoft.FSharp.Collections;
using Plotly.NET;
using Plotly.NET.LayoutObjects;
using Plotly.NET.TraceObjects;

namespace Lab.Plots;

/// <summary>
/// The charts that papers need, as Plotly.NET charts: change or combine them with Plotly.NET's own functions. Grounds are
/// transparent and letters grey, for light and dark pages; the colours can be told apart by the colour-blind.
/// </summary>
public static partial class Charts
{
    // Okabe, Ito 2008, without yellow and black, which vanish on light and on dark ground.
    private static readonly string[] colours = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"];
    private const string Ink = "#808080", GridLine = "rgba(128,128,128,0.25)", Clear = "rgba(0,0,0,0)";

    /// <summary>The look of all charts here, for charts made with Plotly.NET alone.</summary>
    public static Template Template => With(new Template(), ("layout", Look(Axis(""), Axis(""))));

    /// <summary>Lines over a common axis.</summary>
    /// <param name="lines">At least one.</param>
    /// <param name="x">Label of the horizontal axis, with unit.</param>
    /// <param name="y">Label of the vertical axis, with unit.</param>
    /// <param name="title">Above the chart.</param>
    /// <param name="logX">Logarithmic horizontal axis.</param>
    /// <param name="logY">Logarithmic vertical axis.</param>
    /// <exception cref="ArgumentException">No line.</exception>
    public static GenericChart Lines(IReadOnlyList<Series> lines, string x, string y, string title = "", bool logX = false, bool logY = false) =>
        Chart([.. lines.Select((line, i) => Trace(line, "lines", colours[i % colours.Length]))], Layout(Axis(x, logX), Axis(y, logY), title));

    /// <summary>Lines, with points behind them.</summary>
    /// <param name="lines">At least one.</param>
    /// <param name="cloud">Pale.</param>
    /// <param name="x">Label of the horizontal axis, with unit.</param>
    /// <param name="y">Label of the vertical axis, with unit.</param>
    /// <param name="title">Above the chart.</param>
    public static GenericChart LinesOver(IReadOnlyList<Series> lines, Series cloud, string x, string y, string title = "") => Chart(
        [With(Trace(cloud, "markers", colours[lines.Count % colours.Length]), ("opacity", 0.35)), .. lines.Select((line, i) => Trace(line, "lines", colours[i % colours.Length]))],
        Layout(Axis(x), Axis(y), title));

    /// <summary>Points that stand for themselves.</summary>
    /// <inheritdoc cref="Lines"/>
    public static GenericChart Scatter(IReadOnlyList<Series> clouds, string x, string y, string title = "", bool logX = false, bool logY = false) =>
        Chart([.. clouds.Select((cloud, i) => Trace(cloud, "markers", colours[i % colours.Length]))], Layout(Axis(x, logX), Axis(y, logY), title));

    /// <summary>Training loss over steps: every run as it was, pale, and its moving average (half-life: a fiftieth of the run).</summary>
    /// <param name="runs">x: steps, y: training loss.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No run.</exception>
    public static GenericChart LossCurve(IReadOnlyList<Series> runs, string title = "")
    {
        var traces = new List<Trace>();
        foreach (var (run, colour) in runs.Select((run, i) => (run, colours[i % colours.Length])))
        {
            traces.Add(With(Trace(run with { Hover = [] }, "lines", colour), ("opacity", 0.3), ("showlegend", false), ("hoverinfo", "skip")));
            traces.Add(Trace(new Series(run.Name, run.X, Smooth(run.Y)) { Hover = run.Hover }, "lines", colour));
        }

        return Chart(traces, Layout(Axis("step"), Axis("training loss"), title));
    }

    /// <summary>Bars side by side in categories.</summary>
    /// <param name="categories">Along the horizontal axis.</param>
    /// <param name="groups">Each with one value per category.</param>
    /// <param name="y">Label of the vertical axis, with unit.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No group, or a group with another number of values than there are categories.</exception>
    public static GenericChart Bars(IReadOnlyList<string> categories, IReadOnlyList<BarGroup> groups, string y, string title = "")
    {
        if (groups.FirstOrDefault(g => g.Values.Count != categories.Count) is { } wrong)
            throw new ArgumentException($"'{wrong.Name}' has {wrong.Values.Count} values for {categories.Count} categories.", nameof(groups));

        return Chart(
            [.. groups.Select((group, i) => Bar(categories, group, colours[i % colours.Length]))],
            With(Layout(Axis(""), Axis(y), title), ("barmode", "group")));
    }

    /// <summary>A matrix as coloured cells, dark for its smallest and bright for its largest value; a value that is not a number leaves a gap.</summary>
    /// <param name="rows">Names, from the top down.</param>
    /// <param name="columns">Names, from the left.</param>
    /// <param name="values">One row of values per name, as many as there are columns.</param>
    /// <param name="x">Label of the horizontal axis.</param>
    /// <param name="y">Label of the vertical axis.</param>
    /// <param name="scale">What the colours mean, with unit.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No value, or another number of values than of names.</exception>
    public static GenericChart HeatMap(
        IReadOnlyList<string> rows, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<double>> values, string x, string y, string scale, string title = "")
    {
        if (rows.Count == 0 || columns.Count == 0 || values.Count != rows.Count || values.Any(row => row.Count != columns.Count))
            throw new ArgumentException($"A heat map of {rows.Count} rows and {columns.Count} columns needs as many values, got {values.Count} rows of {string.Join(", ", values.Select(row => row.Count).Distinct())}.", nameof(values));

        var trace = With(new Trace("heatmap"),
            ("x", columns), ("y", rows), ("z", values.Select(Gapped).ToArray()), ("colorscale", "Viridis"), ("xgap", 1), ("ygap", 1), ("hoverongaps", false),
            ("colorbar", With(new ColorBar(), ("title", With(new Title(), ("text", scale))))));
        var layout = Layout(With(Axis(x), ("type", "category"), ("tickangle", -60)), With(Axis(y), ("type", "category"), ("autorange", "reversed"), ("dtick", 1)), title);
        return Chart([trace], With(layout, ("height", 140 + 16 * rows.Count)));
    }

    /// <summary>Gives some of a chart's traces a vertical axis of their own, on the right.</summary>
    /// <param name="chart">Is changed.</param>
    /// <param name="label">Of the right axis, with unit.</param>
    /// <param name="traces">How many of the last traces.</param>
    /// <exception cref="ArgumentOutOfRangeException">More traces than there are.</exception>
    internal static GenericChart WithRightAxis(this GenericChart chart, string label, int traces)
    {
        var all = GenericChart.getTraces(chart).ToArray();
        if (traces < 1 || traces > all.Length) throw new ArgumentOutOfRangeException(nameof(traces), traces, $"The chart has {all.Length} traces.");
        foreach (var trace in all[^traces..]) trace.SetProperty("yaxis", "y2");
        GenericChart.getLayout(chart).SetProperty("yaxis2", With(Axis(label), ("overlaying", "y"), ("side", "right"), ("showgrid", false)));
        return chart;
    }

    /// <summary>Draws a dotted line over the whole width in the colour of each trace, e.g. what the bars of a group are measured against.</summary>
    /// <param name="chart">Is changed.</param>
    /// <param name="levels">Heights, in the order of the chart's traces.</param>
    /// <exception cref="ArgumentException">More levels than colours.</exception>
    internal static GenericChart WithLevels(this GenericChart chart, IReadOnlyList<double> levels)
    {
        if (levels.Count > colours.Length) throw new ArgumentException($"There are {colours.Length} colours for {levels.Count} levels.", nameof(levels));
        GenericChart.getLayout(chart).SetProperty("shapes", levels.Select((level, i) => With(new Shape(),
            ("type", "line"), ("xref", "paper"), ("x0", 0), ("x1", 1), ("y0", level), ("y1", level), ("line", With(new Line(), ("color", colours[i]), ("width", 2), ("dash", "dot"))))).ToArray());
        return chart;
    }

    /// <summary>Bars whose groups lie on each other.</summary>
    /// <inheritdoc cref="Bars"/>
    public static GenericChart StackedBars(IReadOnlyList<string> categories, IReadOnlyList<BarGroup> groups, string y, string title = "")
    {
        var chart = Bars(categories, groups, y, title);
        With(GenericChart.getLayout(chart), ("barmode", "stack"));
        return chart;
    }

    /// <summary>Sequences cut into units, one row each, the first at the top; a unit is as wide as it is long and coloured by a value.</summary>
    /// <param name="strips">At least one.</param>
    /// <param name="x">Label of the horizontal axis, with unit.</param>
    /// <param name="value">What the colours mean, with unit.</param>
    /// <param name="title">Above the chart.</param>
    /// <exception cref="ArgumentException">No strip.</exception>
    public static GenericChart Strips(IReadOnlyList<Strip> strips, string x, string value, string title = "")
    {
        var highest = strips.SelectMany(strip => strip.Values).DefaultIfEmpty(1).Max();
        var rows = With(Axis(""), ("autorange", "reversed"), ("showgrid", false));
        return Chart([.. strips.Select((strip, i) => Row(strip, value, highest, withScale: i == 0))], With(Layout(Axis(x), rows, title), ("barmode", "overlay"), ("showlegend", false), ("height", 90 + 60 * strips.Count)));
    }

    private static Trace Row(Strip strip, string value, double highest, bool withScale)
    {
        var bar = With(new ColorBar(), ("title", With(new Title(), ("text", value))), ("outlinewidth", 0));
        var marker = With(new Marker(),
            ("color", Gapped(strip.Values)), ("cmin", 0.0), ("cmax", highest), ("colorscale", "Viridis"), ("showscale", withScale), ("colorbar", bar),
            ("line", With(new Line(), ("color", Ink), ("width", 1))));
        return With(new Trace("bar"),
            ("orientation", "h"), ("name", strip.Name), ("y", Enumerable.Repeat(strip.Name, strip.Values.Count).ToArray()), ("base", strip.Starts.SkipLast(1).ToArray()),
            ("x", strip.Starts.Skip(1).Zip(strip.Starts, (end, start) => end - start).ToArray()), ("text", strip.Labels), ("textposition", "inside"), ("insidetextanchor", "middle"),
            ("constraintext", "none"), ("textangle", 0), ("cliponaxis", true), ("hovertext", strip.Labels.Zip(strip.Values, (label, v) => FormattableString.Invariant($"{label}: {v:F2} {value}")).ToArray()), ("hoverinfo", "text"), ("marker", marker));
    }

    private static Trace Bar(IReadOnlyList<string> categories, BarGroup group, string colour)
    {
        var trace = With(new Trace("bar"),
            ("name", group.Name), ("x", categories), ("y", Gapped(group.Values)), ("marker", With(new Marker(), ("color", colour))));
        return group.Spread.Count == 0 ? trace : With(trace,
            ("error_y", With(new Error(), ("type", "data"), ("array", Gapped(group.Spread)), ("color", Ink))));
    }

    private static Trace Trace(Series series, string mode, string colour)
    {
        var trace = With(new Trace("scatter"),
            ("mode", mode), ("name", series.Name), ("x", Gapped(series.X)), ("y", Gapped(series.Y)),
            ("line", With(new Line(), ("color", colour), ("width", 2))), ("marker", With(new Marker(), ("color", colour), ("size", 10))));
        return series.Hover.Count == 0 ? trace : With(trace, ("hovertext", series.Hover));
    }

    // JSON has no NaN; a null is Plotly's gap.
    private static double?[] Gapped(IReadOnlyList<double> values) => [.. values.Select(v => double.IsFinite(v) ? v : (double?)null)];

    private static double[] Smooth(IReadOnlyList<double> values)
    {
        var keep = Math.Pow(0.5, 50.0 / Math.Max(values.Count, 50));
        var (sum, weight) = (0.0, 0.0);
        return [.. values.Select(value =>
        {
            if (!double.IsFinite(value)) return value;
            (sum, weight) = (sum * keep + value, weight * keep + 1);
            return sum / weight;
        })];
    }

    private static GenericChart Chart(IReadOnlyList<Trace> traces, Layout layout)
    {
        if (traces.Count == 0) throw new ArgumentException("A chart needs at least one series.", nameof(traces));
        return GenericChart.NewMultiChart(ListModule.OfSeq(traces), layout, new Config(), new DisplayOptions());
    }

    private static Layout Layout(LinearAxis x, LinearAxis y, string title)
    {
        var layout = Look(x, y);
        return title.Length == 0 ? layout : With(layout, ("title", With(new Title(), ("text", title), ("x", 0), ("xref", "paper"), ("font", With(new Font(), ("size", 15))))));
    }

    private static Layout Look(LinearAxis x, LinearAxis y) => With(new Layout(),
        ("paper_bgcolor", Clear),
        ("plot_bgcolor", Clear),
        ("font", With(new Font(), ("color", Ink), ("size", 12))),
        ("colorway", colours),
        ("height", 380),
        ("margin", With(new Margin(), ("l", 60), ("r", 20), ("t", 50), ("b", 50))),
        ("legend", With(new Legend(), ("orientation", "h"), ("y", -0.22), ("yanchor", "top"), ("x", 0), ("xanchor", "left"))), // below: long legends grow without covering anything
        ("hovermode", "closest"),
        ("xaxis", x),
        ("yaxis", y));

    private static LinearAxis Axis(string label, bool logarithmic = false)
    {
        var axis = With(new LinearAxis(),
            ("title", With(new Title(), ("text", label))), ("gridcolor", GridLine), ("zerolinecolor", GridLine), ("automargin", true));
        return logarithmic ? With(axis, ("type", "log")) : axis;
    }

    // Plotly's own names. Typed objects all the way, so that Plotly.NET's functions change them instead of replacing them.
    private static T With<T>(T target, params ReadOnlySpan<(string Name, object Value)> properties) where T : DynamicObj.DynamicObj
    {
        foreach (var (name, value) in properties) target.SetProperty(name, value);
        return target;
    }
}
