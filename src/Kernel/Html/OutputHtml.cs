using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Kernel.Notebooks;
using Lab.Syntax;

namespace Lab.Kernel.Html;

/// <summary>Turns one output of the notebook format into HTML, by the richest type that a page can show.</summary>
internal sealed partial class OutputHtml(MarkdownHtml markdown)
{
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Render(JsonObject output) => output["output_type"]?.ToString() switch
    {
        "stream" => Block($"stream {(output["name"]?.ToString() == "stderr" ? "stderr" : "stdout")}", Preformatted(MultilineText.Read(output["text"]))),
        "error" => Error(output),
        "display_data" or "execute_result" => Bundle(output["data"] as JsonObject ?? []),
        var other => Block("unknown", Preformatted($"An output of type '{other}', which this page cannot show.")),
    };

    private string Bundle(JsonObject data)
    {
        string? Text(string type) => data[type] is { } node ? MultilineText.Read(node) : null;

        if (Text("text/html") is { } html) return Block("html", html);
        if (Text("image/svg+xml") is { } svg) return Block("picture", svg);
        if (Text("image/png") is { } png) return Block("picture", Picture("image/png", png, data));
        if (Text("image/jpeg") is { } jpeg) return Block("picture", Picture("image/jpeg", jpeg, data));
        if (Text("text/markdown") is { } prose) return Block("prose", markdown.Output(prose));
        if (data["application/json"] is { } json) return Block("json", Preformatted(json.ToJsonString(indented)));
        return Text("text/plain") is { } plain ? Block("plain", Preformatted(plain)) : "";
    }

    private static string Picture(string type, string base64, JsonObject data) =>
        $"<img src=\"data:{type};base64,{CSharpMarkup.Encode(base64.ReplaceLineEndings(""))}\" alt=\"{CSharpMarkup.Encode(MultilineText.Read(data["text/plain"]))}\">";

    private static string Error(JsonObject output)
    {
        var message = output["evalue"]?.ToString() ?? "";
        var lines = (output["traceback"] as JsonArray ?? []).Select(l => Plain(l?.ToString() ?? "")).ToList();
        var traceback = string.Join('\n', Traceback.BelowTitle(lines, Plain(message)));
        return Block("error", $"<strong>{Plain($"{output["ename"]}: {message}")}</strong>{(traceback.Length > 0 ? $"<pre>{traceback}</pre>" : "")}");
    }

    private static string Block(string cssClass, string html) => $"<div class=\"output {cssClass}\">{html}</div>\n";

    private static string Preformatted(string text) => $"<pre>{Plain(text)}</pre>";

    private static string Plain(string text) => CSharpMarkup.Encode(AnsiCode().Replace(text, ""));

    /// <summary>Colours and cursor movements meant for a terminal.</summary>
    [GeneratedRegex(@"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\a\x1b]*(\a|\x1b\\))")]
    private static partial Regex AnsiCode();
}
