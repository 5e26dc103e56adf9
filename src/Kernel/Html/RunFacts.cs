using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Syntax;

namespace Lab.Kernel.Html;

/// <summary>The page's head line: when, where and with what the notebook ran, from its metadata.</summary>
internal static class RunFacts
{
    public static string Render(NotebookDocument notebook)
    {
        var run = notebook.Metadata["lab"] as JsonObject;
        var machine = run?["machine"] as JsonObject;
        string?[] facts =
        [
            Date(run?["started"]),
            run?["seconds"] is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"ran {(double)seconds:0.0} s") : null,
            run?["profile"] is { } profile ? $"{profile} profile" : null,
            machine is null ? null : $"{machine["cpu"]}, {machine["cores"]} cores, {machine["os"]}",
            run?["version"] is { } version ? $"Lab {version}" : null,
        ];

        var html = new StringBuilder("<div class=\"facts\">");
        foreach (var fact in facts.OfType<string>()) html.Append($"<span>{CSharpMarkup.Encode(fact)}</span>");
        AppendClaims(html, ClaimCounts.In(notebook));
        html.Append("</div><button type=\"button\" id=\"toggle-code\">Hide code</button>");
        AppendParameters(html, run?["parameters"] as JsonObject);
        return html.ToString();
    }

    private static string? Date(JsonNode? started) =>
        DateTimeOffset.TryParse(started?.ToString(), CultureInfo.InvariantCulture, out var date)
            ? date.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)
            : null;

    private static void AppendClaims(StringBuilder html, ClaimCounts claims)
    {
        if (claims.Total > 0)
            html.Append($"<span class=\"{(claims.Fails > 0 ? "fails" : "holds")}\">claims: {claims}</span>");
    }

    private static void AppendParameters(StringBuilder html, JsonObject? parameters)
    {
        if (parameters is not { Count: > 0 }) return;
        var list = string.Join(", ", parameters.Select(p => $"<code>{CSharpMarkup.Encode($"{p.Key} = {p.Value?.ToJsonString() ?? "null"}")}</code>"));
        html.Append($"<div class=\"parameters\">{list}</div>");
    }
}
