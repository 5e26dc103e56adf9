using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Session;

namespace Lab.Kernel.Migration;

/// <summary>Magics below which stands no C# but something to show.</summary>
internal static class ContentMagics
{
    public static IReadOnlyList<MagicCommand> All { get; } =
    [
        Command("markdown", "Shows the rest of the cell as Markdown.", Markdown),
        Command("md", "Shows the rest of the cell as Markdown.", Markdown),
        Command("html", "Shows the rest of the cell as HTML.", code => new() { ["text/html"] = code }),
        Command("javascript", "Runs the rest of the cell as JavaScript in the page.", JavaScript),
        Command("js", "Runs the rest of the cell as JavaScript in the page.", JavaScript),
        Command("mermaid", "Shows the rest of the cell as a Mermaid diagram.", Mermaid),
    ];

    public static bool Holds(string name) => All.Any(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase));

    private static MagicCommand Command(string name, string summary, Func<string, JsonObject> show) => new(name, $"#!{name}", summary, magic =>
    {
        var data = show(magic.Code);
        data["text/plain"] = magic.Code;
        ((CellContext)magic.Context).Sink.Write(new DisplayOutput(data, null));
        return Task.CompletedTask;
    });

    private static JsonObject Markdown(string code) => new() { ["text/markdown"] = code };

    // As HTML, because front ends trust scripts of type application/javascript less; in a function, so that it may return and await.
    private static JsonObject JavaScript(string code) => new()
    {
        ["text/html"] = $"<script>\n(async function () {{\n{code.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)}\n}})();\n</script>",
    };

    // JupyterLab has a renderer for the first type; others may draw the fence in the second.
    private static JsonObject Mermaid(string code) => new() { ["text/vnd.mermaid"] = code, ["text/markdown"] = $"```mermaid\n{code.TrimEnd()}\n```" };
}
