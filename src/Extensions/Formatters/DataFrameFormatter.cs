using System.Globalization;
using Microsoft.Data.Analysis;

namespace Lab.Extensions.Formatters;

/// <summary>Data frames: the first rows, numbers to the right, and how many rows there are.</summary>
internal static class DataFrameFormatter
{
    private const int MostRows = 20, MostColumns = 30, LongestText = 120;

    public static void Register() => Format.Register<DataFrame>((Format.Html, ToHtml), (Format.Text, ToText));

    private static string ToHtml(DataFrame frame) => Markup.Output($"{Table(frame).ToHtml()}<div class=\"faint\">{Markup.Escape(Size(frame))}</div>");

    private static string ToText(DataFrame frame) => $"{Table(frame).ToText()}\n{Size(frame)}";

    private static Table Table(DataFrame frame)
    {
        var columns = frame.Columns.Take(MostColumns).ToArray();
        return new Table(
            [.. columns.Select(column => new Column(column.Name, column.IsNumericColumn()))],
            [.. Enumerable.Range(0, (int)Math.Min(frame.Rows.Count, MostRows)).Select(row => columns.Select(column => (Cell)Text(column[row])).ToArray())]);
    }

    private static string Text(object? value)
    {
        var text = value switch
        {
            null => "",
            double number => Format.Number(number, 6),
            float number => Format.Number(number, 6),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return text.Length <= LongestText ? text : text[..LongestText] + "…";
    }

    private static string Size(DataFrame frame)
    {
        var rows = frame.Rows.Count > MostRows ? $"first {MostRows} of {Format.Count(frame.Rows.Count)} rows" : $"{frame.Rows.Count} rows";
        return frame.Columns.Count > MostColumns ? $"{rows}, first {MostColumns} of {frame.Columns.Count} columns" : $"{rows}, {frame.Columns.Count} columns";
    }
}
