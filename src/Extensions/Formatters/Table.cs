using System.Text;

namespace Lab.Extensions.Formatters;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its head.</param>
/// <param name="Numeric">Numbers stand right, so that their digits do.</param>
internal sealed record Column(string Name, bool Numeric = false);

/// <summary>One cell.</summary>
/// <param name="Text">Not yet escaped.</param>
/// <param name="Class">How HTML shows it: a class of <see cref="Markup"/>.</param>
internal sealed record Cell(string Text, string Class = "")
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>A table as HTML and as aligned text.</summary>
internal sealed record Table(IReadOnlyList<Column> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
    public string ToHtml()
    {
        var html = new StringBuilder("<table><thead><tr>");
        foreach (var column in Columns) html.Append($"<th{Attribute(column.Numeric ? "num" : "")}>{Markup.Escape(column.Name)}</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
                html.Append($"<td{Attribute($"{(Columns[i].Numeric ? "num " : "")}{row[i].Class}".Trim())}>{Markup.Escape(row[i].Text)}</td>");
            html.Append("</tr>\n");
        }

        return html.Append("</tbody></table>").ToString();
    }

    public string ToText()
    {
        var widths = Columns.Select((column, i) => Rows.Select(row => Line(row[i].Text).Length).Append(Line(column.Name).Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(text, [.. Columns.Select(c => Line(c.Name))], widths);
        Append(text, [.. widths.Select(width => new string('-', width))], widths);
        foreach (var row in Rows) Append(text, [.. row.Select(cell => Line(cell.Text))], widths);
        return text.ToString().TrimEnd('\n');
    }

    private void Append(StringBuilder text, string[] cells, int[] widths)
    {
        var padded = cells.Select((cell, i) => Columns[i].Numeric ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
        text.Append(string.Join("  ", padded).TrimEnd()).Append('\n');
    }

    private static string Line(string text) => text.ReplaceLineEndings(" ");

    private static string Attribute(string classes) => classes.Length == 0 ? "" : $" class=\"{classes}\"";
}
