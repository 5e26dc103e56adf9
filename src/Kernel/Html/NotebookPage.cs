using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Notebooks;
using Lab.Syntax;

namespace Lab.Kernel.Html;

/// <summary>
/// A notebook as one HTML file that works without a network, now and in ten years: prose, formulas, coloured code and
/// outputs. Its content security policy forbids every request, so it cannot begin to depend on one.
/// </summary>
public static class NotebookPage
{
    /// <summary>Writes the page, whole or not at all.</summary>
    /// <param name="notebook">With its outputs.</param>
    /// <param name="scripts">What outputs may need; each is embedded once if an output carries its MIME type.</param>
    /// <param name="folder">The notebook's folder, where relative pictures of its Markdown lie.</param>
    /// <param name="path">The HTML file.</param>
    /// <exception cref="IOException">The folder is missing or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    public static void Write(NotebookDocument notebook, IReadOnlyList<ScriptResource> scripts, string? folder, string path) =>
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(Render(notebook, scripts, folder)));

    internal static string Render(NotebookDocument notebook, IReadOnlyList<ScriptResource> scripts, string? folder)
    {
        var markdown = new MarkdownHtml(folder);
        var outputs = new OutputHtml(markdown);
        var body = string.Concat(notebook.Cells.Select(cell => RenderCell(cell, markdown, outputs)));
        var title = markdown.Headings.FirstOrDefault(h => h.Level == 1)?.Text ?? notebook.Name;

        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{OfflinePage.Policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{CSharpMarkup.Encode(title)}</title>
            <style>
            {Resource("page.css")}{CSharpMarkup.Css}
            </style>
            {Scripts(notebook, scripts, needsMath: body.Contains("class=\"math", StringComparison.Ordinal))}</head>
            <body>
            <div class="frame">
            {Contents(markdown.Headings)}<header>{RunFacts.Render(notebook)}</header>
            <main>
            {body}</main>
            </div>
            <script>
            {Resource("page.js")}</script>
            </body>
            </html>

            """;
    }

    private static string RenderCell(NotebookCell cell, MarkdownHtml markdown, OutputHtml outputs) => cell.Type switch
    {
        CellType.Markdown => $"<section class=\"cell prose\">\n{markdown.Cell(cell.Source, cell.Json["attachments"] as JsonObject)}</section>\n",
        CellType.Code when cell.Source.Trim().Length > 0 => RenderCode(cell, outputs),
        _ => "",
    };

    private static string RenderCode(NotebookCell cell, OutputHtml outputs)
    {
        var hidden = cell.Json["metadata"]?["jupyter"]?["source_hidden"] is JsonValue value && value.TryGetValue<bool>(out var isHidden) && isHidden;
        var code = cell.Source.TrimEnd();
        var shown = string.Concat(cell.Outputs.OfType<JsonObject>().Select(outputs.Render));
        return $"""
            <section class="cell code">
            <details class="input"{(hidden ? "" : " open")}><summary><span>[{cell.ExecutionCount?.ToString(CultureInfo.InvariantCulture) ?? " "}]</span><span class="first">{CSharpMarkup.Encode(code.Split('\n')[0])}</span>{Time(cell)}</summary><pre class="csharp">{CSharpMarkup.ToHtml(code)}</pre></details>
            {(shown.Length > 0 ? $"<div class=\"outputs\">\n{shown}</div>\n" : "")}</section>

            """;
    }

    private static string Time(NotebookCell cell)
    {
        if (cell.Json["metadata"]?["execution"] is not JsonObject timing
            || !DateTimeOffset.TryParse(timing["iopub.status.busy"]?.ToString(), CultureInfo.InvariantCulture, out var start)
            || !DateTimeOffset.TryParse(timing["iopub.status.idle"]?.ToString(), CultureInfo.InvariantCulture, out var end))
            return "";
        return string.Create(CultureInfo.InvariantCulture, $"<span class=\"time\">{(end - start).TotalSeconds:0.0} s</span>");
    }

    private static string Contents(IReadOnlyList<Heading> headings)
    {
        var entries = headings.Where(h => h.Level <= 3).ToList();
        if (entries.Count < 2) return "";
        var items = string.Concat(entries.Select(h => $"<li class=\"level{h.Level}\"><a href=\"#{h.Id}\">{CSharpMarkup.Encode(h.Text)}</a></li>\n"));
        return $"<nav aria-label=\"Contents\"><details open><summary>Contents</summary>\n<ol>\n{items}</ol>\n</details></nav>\n";
    }

    private static string Scripts(NotebookDocument notebook, IReadOnlyList<ScriptResource> scripts, bool needsMath)
    {
        var types = notebook.Cells.SelectMany(c => c.Outputs).Select(o => o?["data"]).OfType<JsonObject>().SelectMany(d => d.Select(p => p.Key)).ToHashSet();
        var needed = scripts.Where(s => types.Contains(s.MimeType)).DistinctBy(s => s.FileName).Select(s => OfflinePage.Text(s.Open()));
        return string.Concat((needsMath ? needed.Prepend(Resource("katex.min.js")) : needed).Select(OfflinePage.Script));
    }

    private static string Resource(string name) =>
        OfflinePage.Text(typeof(NotebookPage).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing from the kernel."));
}
