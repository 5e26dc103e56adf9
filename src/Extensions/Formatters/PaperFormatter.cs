using Lab.Papers;

namespace Lab.Extensions.Formatters;

/// <summary>Papers as a card: what was published, what it claims, what the notebook reproduces.</summary>
internal static class PaperFormatter
{
    public static void Register() => Format.Register<Paper>((Format.Html, ToHtml), (Format.Text, ToText));

    private static string ToHtml(Paper paper)
    {
        var reported = string.Concat(paper.Reported.Select(number => $"<li>{Markup.Escape(number)}</li>"));
        var authors = paper.Authors is null ? "" : $"{Markup.Escape(paper.Authors)}<br>";
        return Markup.Output($"""
            <div class="card"><h3>{Markup.Escape(paper.Title)}</h3>
            <div class="faint">{authors}{Markup.Escape(paper.Date)} · <a href="{Markup.Escape(paper.Link.AbsoluteUri)}">arXiv {Markup.Escape(paper.ArXiv)}</a> · {Markup.Escape(paper.Theme)} · {Status(paper)}</div>
            <p style="margin:.6em 0 .2em"><b>Reported</b></p><ul style="margin:0;padding-left:1.4em">{reported}</ul>
            <p style="margin:.6em 0 .2em"><b>Reproduced here</b></p><div>{Markup.Escape(paper.Reproduces)}</div></div>
            """);
    }

    private static string ToText(Paper paper) => string.Join('\n',
    [
        paper.Title,
        $"{(paper.Authors is null ? "" : $"{paper.Authors}. ")}{paper.Date}, arXiv {paper.ArXiv}, {paper.Link.AbsoluteUri}",
        $"{paper.Theme}, {Status(paper)}",
        "Reported:",
        .. paper.Reported.Select(number => $"  - {number}"),
        $"Reproduced here: {paper.Reproduces}",
    ]);

    private static string Status(Paper paper) => paper.Status == PaperStatus.Ready ? "ready" : "planned";
}
