using System.Globalization;
using Microsoft.DotNet.Interactive.Formatting;

namespace Lab.Extensions.Formatters;

/// <summary>Registers how a type is shown, and writes numbers.</summary>
internal static class Format
{
    public const string Html = "text/html", Text = "text/plain", Png = "image/png", Plotly = "application/vnd.plotly.v1+json", Claims = "application/vnd.lab.claims+json", Tensor = "application/vnd.lab.tensor+json", Training = "application/vnd.lab.training+json", WidgetView = "application/vnd.jupyter.widget-view+json";

    /// <summary>Registers every form of a type; hosts put all of them into one output, and a front end shows the richest it knows.</summary>
    public static void Register<T>(params (string MimeType, Func<T, string> Write)[] forms)
    {
        foreach (var (mimeType, write) in forms) Formatter.Register<T>((value, writer) => writer.Write(write(value)), mimeType);
        Formatter.SetPreferredMimeTypesFor(typeof(T), [.. forms.Select(form => form.MimeType)]);
    }

    /// <returns>A few significant digits; whole numbers whole.</returns>
    public static string Number(double value, int digits = 4) => value switch
    {
        _ when !double.IsFinite(value) => value.ToString(CultureInfo.InvariantCulture),
        _ when value == Math.Truncate(value) && Math.Abs(value) < 1e9 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString($"G{digits}", CultureInfo.InvariantCulture),
    };

    /// <returns>With thousands apart.</returns>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <returns>In the unit that leaves at most three digits before the point.</returns>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        double value = bytes;
        for (; value >= 1000 && unit < units.Length - 1; unit++) value /= 1024;
        return $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
