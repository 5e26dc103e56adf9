using System.Text.RegularExpressions;

namespace Lab.Kernel.Notebooks;

/// <summary>Words of an output that may differ between two equal runs: times, rates, dates, memory of the process, random ids.</summary>
internal static partial class VolatileText
{
    private const string Number = @"\b\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?";

    /// <returns>The text with a placeholder for each such word.</returns>
    public static string Mask(string text)
    {
        text = RandomWord().Replace(text, "<id>");
        text = Date().Replace(text, "<date>");
        text = Rate().Replace(text, "<rate>");
        text = Duration().Replace(text, "<time>");
        return Memory().Replace(text, "<memory>");
    }

    /// <summary>Like <see cref="Mask"/>; HTML also marks what may differ with the attribute <c>data-volatile</c>.</summary>
    public static string MaskHtml(string html) => Mask(Marked().Replace(html, "$1<volatile>"));

    /// <summary>An element that its script finds by a random id keeps one that stays: the place of the output.</summary>
    /// <param name="html">An output.</param>
    /// <param name="place">Unique in the page.</param>
    public static string WithStableIds(string html, string place)
    {
        var count = 0;
        foreach (var id in RandomId().Matches(html).Select(m => m.Groups[1].Value).Distinct())
            html = html.Replace(id, count++ == 0 ? place : $"{place}-{count}");
        return html;
    }

    [GeneratedRegex("""\bid="[\w-]*?([0-9a-f]{32})["]""")]
    private static partial Regex RandomId();

    [GeneratedRegex(@"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.IgnoreCase)]
    private static partial Regex RandomWord();

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?|\b(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?\b")]
    private static partial Regex Date();

    [GeneratedRegex(Number + @"\s?(\p{L}+ ?){0,2}/(s|min|h)\b")]
    private static partial Regex Rate();

    [GeneratedRegex("(" + Number + @"\s?(ns|µs|us|ms|s|sec|seconds?|min|minutes?|h|hours?)\b\s?)+(?<!\s)")]
    private static partial Regex Duration();

    [GeneratedRegex(Number + @"\s?[KMGT]iB\b")]
    private static partial Regex Memory();

    [GeneratedRegex(@"(<\w+\b[^<>]*\bdata-volatile\b[^<>]*>)[^<]*")]
    private static partial Regex Marked();
}
