using Microsoft.DotNet.Interactive.Formatting;
using SkiaSharp;

namespace Lab.Extensions.Tests;

/// <summary>What a host would put into an output.</summary>
internal static class Shown
{
    public static IReadOnlyCollection<string> MimeTypes(object value) => Formatter.GetPreferredMimeTypesFor(value.GetType());

    public static string Html(object value) => value.ToDisplayString("text/html");

    public static string Text(object value) => value.ToDisplayString("text/plain");

    public static SKBitmap Png(object value) => SKBitmap.Decode(Convert.FromBase64String(value.ToDisplayString("image/png")));

    public static SKBitmap FirstImage(string html)
    {
        const string start = "data:image/png;base64,";
        var from = html.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return SKBitmap.Decode(Convert.FromBase64String(html[from..html.IndexOf('"', from)]));
    }
}
