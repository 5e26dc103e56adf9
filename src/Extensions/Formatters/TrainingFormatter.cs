using System.Globalization;
using System.Text;
using Lab.Runs;

namespace Lab.Extensions.Formatters;

/// <summary>A point of a curve over training steps.</summary>
internal readonly record struct StepValue(long Step, double Value);

/// <summary>Where one run stands.</summary>
internal sealed record RunStatus(
    string Name, long Step, long TotalSteps, double Loss, double SamplesPerSecond, TimeSpan Elapsed, TimeSpan? Left,
    IReadOnlyList<StepValue> Losses, IReadOnlyDictionary<string, IReadOnlyList<StepValue>> Metrics)
{
    public double Part => TotalSteps > 0 ? Math.Clamp((double)Step / TotalSteps, 0, 1) : 0;

    public bool IsDone => Step >= TotalSteps;

    /// <summary>It was trained long ago.</summary>
    public bool IsPast { get; init; }

    /// <summary>Done in, or how long to go.</summary>
    public string Time => IsDone ? $"{(IsPast ? "from the cache, trained" : "done")} in {Duration(Elapsed)}" : Left is { } left ? $"{Duration(left)} left" : "";

    /// <summary>Results of the last evaluation.</summary>
    public string Results => string.Join(", ", Metrics.Select(metric => $"{metric.Key} {Format.Number(metric.Value[^1].Value)}"));

    /// <summary>The loss and every metric over the steps.</summary>
    public IEnumerable<Curve> Curves => Metrics.Prepend(KeyValuePair.Create(Curve.Loss, Losses))
        .Select(metric => new Curve(Name, metric.Key, [.. metric.Value.Select(point => point.Step)], [.. metric.Value.Select(point => Math.Round(point.Value, 6))]));

    /// <returns>One line.</returns>
    public override string ToString()
    {
        string[] parts = [$"{Name} {Format.Count(Step)}/{Format.Count(TotalSteps)} ({Part.ToString("0 %", CultureInfo.InvariantCulture)})",
            $"loss {Format.Number(Loss)}", $"{Format.Number(SamplesPerSecond)} samples/s", Results, Time];
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s",
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => $"{(int)time.TotalHours} h {time.Minutes} min",
    };
}

/// <summary>All runs of a view at one moment.</summary>
internal sealed record TrainingStatus(string Title, IReadOnlyList<RunStatus> Runs);

/// <summary>Running trainings: cheap enough to be sent several times a second, so the curve is a small inline SVG.</summary>
internal static class TrainingFormatter
{
    private const int Left = 44, Width = 420, Height = 90;
    private static readonly string[] colours = ["#1f83d0", "#d08a00", "#009e73", "#d0521a", "#c060a0", "#46a4d9"];

    /// <param name="session">Remembers what was shown last.</param>
    public static void Register(SessionRun session) => Format.Register<TrainingStatus>((Format.Training, status => ToJson(status, session)), (Format.Html, ToHtml), (Format.Text, ToText));

    // What a run store keeps of a run.
    internal static string ToJson(TrainingStatus status, SessionRun session)
    {
        session.Shown(status);
        return CurvesJson.Write([.. status.Runs.SelectMany(run => run.Curves)]).ToJsonString();
    }

    private static string ToText(TrainingStatus status) =>
        string.Join('\n', status.Runs.Select(run => run.ToString()).Prepend(status.Runs.Count == 0 ? $"{status.Title}: starting" : status.Title));

    private static string ToHtml(TrainingStatus status)
    {
        var html = new StringBuilder($"<b>{Markup.Escape(status.Title)}</b>");
        if (status.Runs.Count == 0) return Markup.Output(html.Append(" <span class=\"faint\">starting</span>").ToString());

        html.Append("<table><thead><tr><th>run</th><th></th><th class=\"num\">step</th><th class=\"num\">loss</th><th class=\"num\">samples/s</th><th>evaluation</th><th>time</th></tr></thead><tbody>");
        foreach (var (run, colour) in status.Runs.Select((run, i) => (run, colours[i % colours.Length]))) AppendRow(html, run, colour);
        html.Append("</tbody></table>").Append(Curve(status.Runs));
        return Markup.Output(html.ToString());
    }

    private static void AppendRow(StringBuilder html, RunStatus run, string colour)
    {
        var percent = (run.Part * 100).ToString("0", CultureInfo.InvariantCulture);
        var loss = double.IsFinite(run.Loss) ? Format.Number(run.Loss) : $"<span class=\"bad\">✗ {run.Loss.ToString(CultureInfo.InvariantCulture)}</span>";
        html.Append($"""
            <tr><td><span style="color:{colour}">■</span> {Markup.Escape(run.Name)}</td>
            <td style="vertical-align:middle"><div class="bar"><div style="width:{percent}%;background:{colour}"></div></div></td>
            <td class="num">{Format.Count(run.Step)} / {Format.Count(run.TotalSteps)} ({percent} %)</td><td class="num">{loss}</td>
            <td class="num" data-volatile>{Format.Number(run.SamplesPerSecond)}</td><td>{Markup.Escape(run.Results)}</td><td>{(run.IsDone ? "<span class=\"good\">✓</span> " : "")}{run.Time}</td></tr>

            """);
    }

    private static string Curve(IReadOnlyList<RunStatus> runs)
    {
        var finite = runs.SelectMany(run => run.Losses).Where(point => double.IsFinite(point.Value)).ToArray();
        if (finite.Length < 2) return "";

        var (low, high, end) = (finite.Min(p => p.Value), finite.Max(p => p.Value), Math.Max(1, runs.Max(run => run.TotalSteps)));
        var span = high > low ? high - low : 1;
        var svg = new StringBuilder($"<svg viewBox=\"{-Left} 0 {Left + Width} {Height + 14}\" width=\"{Left + Width}\" height=\"{Height + 14}\" role=\"img\" aria-label=\"training loss over steps\" style=\"display:block;max-width:100%\">");
        svg.Append($"<path d=\"M0 0V{Height}H{Width}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\".3\"/>");
        foreach (var (run, colour) in runs.Select((run, i) => (run, colours[i % colours.Length])))
        {
            var points = run.Losses.Where(point => double.IsFinite(point.Value)).Select(point =>
                string.Create(CultureInfo.InvariantCulture, $"{point.Step * (double)Width / end:0.#},{(high - point.Value) / span * (Height - 4) + 2:0.#}"));
            svg.Append($"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>");
        }

        svg.Append(Label(-4, 10, "end", Format.Number(high))).Append(Label(-4, Height, "end", Format.Number(low)));
        return svg.Append(Label(Width, Height + 11, "end", $"step {Format.Count(end)}")).Append("</svg>").ToString();
    }

    private static string Label(int x, int y, string anchor, string text) =>
        $"<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"10\" fill=\"currentColor\" fill-opacity=\".7\">{text}</text>";
}
