using System.Globalization;
using System.Net;
using System.Text;
using Lab.Papers;

namespace Lab.Cli.Reporting;

/// <summary>The board as one HTML file that needs no network.</summary>
internal static class BoardPage
{
    private static readonly (string Theme, string Words)[] themes =
    [
        ("classification", "Classification"), ("tokenizers", "Image tokenizers"), ("generation", "Generation"), ("reduction", "Fewer tokens"),
        ("multimodal", "Multimodal"), ("language", "Language"), ("transfer", "Another tokenizer"), ("modalities", "Other modalities"),
    ];

    public static string Render(Board board) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Lab: papers and their claims</title>
        <style>
        {Resource("board.css")}</style>
        </head>
        <body>
        <header>
        <h1>Papers and their claims</h1>
        <p>{Lead(board)}</p>
        </header>
        <form class="filters" aria-label="Filters">
        <input type="search" id="search" placeholder="Search titles and claims" aria-label="Search titles and claims">
        <div class="chips" role="group" aria-label="Themes">{Chips("theme", themes.Where(theme => board.Papers.Any(paper => paper.Paper.Theme == theme.Theme)).Select(theme => (theme.Theme, theme.Words)))}</div>
        <div class="chips" role="group" aria-label="State">{Chips("state", [("run", "run"), ("missed", "with a claim that does not hold"), ("planned", "planned")])}</div>
        </form>
        <main>
        {string.Concat(board.Papers.OrderBy(paper => paper.Results.Count == 0).ThenBy(paper => Array.FindIndex(themes, theme => theme.Theme == paper.Paper.Theme)).ThenBy(paper => paper.Paper.Title, StringComparer.Ordinal).Select(Card))}</main>
        <p id="none" hidden>No paper matches.</p>
        <script>
        {Resource("board.js")}</script>
        </body>
        </html>

        """;

    private static string Lead(Board board)
    {
        var best = board.Papers.Where(paper => paper.Results.Count > 0).SelectMany(paper => paper.Results[0].Claims).ToList();
        int Count(Verdict verdict) => best.Count(claim => claim.Verdict == verdict);
        string[] parts =
        [
            $"{board.Papers.Count(paper => paper.Results.Count > 0)} of {board.Papers.Count} papers run, {board.Papers.Sum(paper => paper.Results.Sum(result => result.Runs.Count))} runs.",
            $"Of their claims, at the largest size that was run, {Count(Verdict.Holds) + Count(Verdict.HoldsNow)} hold, {Count(Verdict.NotReproduced)} were not reproduced, {Count(Verdict.Fails)} fail and {Count(Verdict.Reported)} are reported without a verdict.",
            "Every number is measured by the notebook it links to.",
        ];
        return string.Join(' ', parts);
    }

    private static string Chips(string kind, IEnumerable<(string Value, string Words)> chips) =>
        string.Concat(chips.Select(chip => $"<label><input type=\"checkbox\" name=\"{kind}\" value=\"{chip.Value}\"><span>{chip.Words}</span></label>"));

    private static string Card(BoardPaper board)
    {
        var paper = board.Paper;
        var missed = board.Results.Any(result => result.Claims.Any(claim => claim.Verdict is Verdict.NotReproduced or Verdict.Fails));
        var states = board.Results.Count == 0 ? "planned" : missed ? "run missed" : "run";
        return $"""
            <article id="{paper.Slug}" data-theme="{paper.Theme}" data-state="{states}">
            <div class="head">{Picture(board)}<div>
            <p class="theme">{Array.Find(themes, theme => theme.Theme == paper.Theme).Words} · {Encode(paper.Date)}</p>
            <h2><a href="{paper.Link}">{Encode(paper.Title)}</a></h2>
            <p class="reproduces">{Encode(paper.Reproduces)}</p>
            {string.Concat(board.Results.Select(Facts))}</div></div>
            {(board.Results.Count > 0 ? Table(board) : Reported(paper))}</article>

            """;
    }

    private static string Picture(BoardPaper board) =>
        board.Picture is { } png ? $"<img src=\"data:image/png;base64,{Convert.ToBase64String(png)}\" alt=\"A result of {Encode(board.Paper.Title)}\" loading=\"lazy\">" : "";

    private static string Facts(BoardResult result)
    {
        var last = result.Runs[^1];
        string?[] facts =
        [
            result.Seeds == 1 ? "1 seed" : $"{result.Seeds} seeds",
            $"{Duration(result.Runs.Average(run => run.Seconds))} a run",
            last.Environment.TryGetValue("devices", out var devices) && devices.Contains("cuda") ? devices : last.Environment.TryGetValue("cpu", out var cpu) ? $"{cpu}, {Cores(last)}" : null,
            last.Environment.GetValueOrDefault("commit"),
            last.Started.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ];
        return $"<p class=\"facts\"><a href=\"{result.Page}\">{Encode(result.Profile.Length > 0 ? $"{result.Profile} notebook" : "notebook")}</a> {Encode(string.Join(" · ", facts.OfType<string>()))}</p>\n";
    }

    // The machine's cores, or those that the run was given.
    private static string Cores(Runs.RunRecord run) => (run.Environment.GetValueOrDefault("threads") ?? run.Environment.GetValueOrDefault("cores")) is var cores && cores == "1" ? "1 core" : $"{cores} cores";

    private static string Table(BoardPaper board)
    {
        var html = new StringBuilder("<div class=\"wide\"><table><thead><tr><th>claim</th><th>reported</th>");
        foreach (var result in board.Results) html.Append($"<th>ours, {Encode(result.Profile)}</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (var name in board.Claims)
        {
            var claims = board.Results.Select(result => result.Claims.FirstOrDefault(claim => claim.Name == name)).ToList();
            html.Append($"<tr><td>{Encode(name)}{Reason(claims)}</td><td>{Encode(claims.OfType<BoardClaim>().First().Claim.Reported)}</td>");
            foreach (var (claim, result) in claims.Zip(board.Results)) html.Append($"<td data-label=\"{Encode(result.Profile)}\">{(claim is null ? "" : Ours(claim))}</td>");
            html.Append("</tr>\n");
        }

        return html.Append("</tbody></table></div>\n").ToString();
    }

    private static string Ours(BoardClaim claim)
    {
        var (symbol, words, css) = claim.Verdict switch
        {
            Verdict.Holds => ("✓", "holds", "good"),
            Verdict.HoldsNow => ("✓", "holds", "good"),
            Verdict.NotReproduced => ("○", "not reproduced", "odd"),
            Verdict.Fails => ("✗", "fails", "bad"),
            _ => ("·", "reported", "faint"),
        };
        var seeds = claim.Claim.Required is null || claim.Margins.Count == 0 ? "" : $"{(words == "holds" ? " in" : ": holds in")} {claim.Held} of {claim.Margins.Count}";
        var required = claim.Claim.Required is { } margin ? $" <span class=\"faint\">(≥ {Number(margin)} asked)</span>" : "";
        var measured = claim.Spread switch
        {
            null => "not measured",
            { Count: 1 } one => $"{Number(one.Mean)} {claim.Claim.Unit}",
            var several => $"{Number(several.Mean)} ± {Number(several.Deviation)} {claim.Claim.Unit}",
        };
        return $"<span class=\"number\">{Encode(measured)}</span>{required}<br><span class=\"{css}\">{symbol} {words}{seeds}</span>";
    }

    private static string Reason(IEnumerable<BoardClaim?> claims) => claims.OfType<BoardClaim>().Select(claim => claim.Claim.NotReproduced).OfType<string>().FirstOrDefault() is { } reason
        ? $"<details><summary>why not</summary>{Encode(reason)}</details>"
        : "";

    private static string Reported(Paper paper) => $"<ul>{string.Concat(paper.Reported.Select(claim => $"<li>{Encode(claim)}</li>"))}</ul>\n";

    private static string Number(double value) => double.IsFinite(value) ? value.ToString(Math.Abs(value) >= 1000 ? "N0" : "G3", CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);

    private static string Duration(double seconds) => seconds < 120 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s") : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min");

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var stream = typeof(BoardPage).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
