using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Kernel.Tests.Notebooks;

/// <summary>Builds small notebooks.</summary>
internal static class TestNotebook
{
    public static string Json(params JsonObject[] cells) => new JsonObject
    {
        ["nbformat"] = 4,
        ["nbformat_minor"] = 5,
        ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "lab-csharp", ["language"] = "C#", ["display_name"] = "C# (Lab)" } },
        ["cells"] = new JsonArray([.. cells]),
    }.ToJsonString();

    public static NotebookDocument Of(params JsonObject[] cells) => NotebookDocument.Parse(Json(cells), "test");

    public static JsonObject Code(string source, params string[] tags) => new()
    {
        ["cell_type"] = "code",
        ["id"] = Guid.NewGuid().ToString("N")[..8],
        ["execution_count"] = null,
        ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]) },
        ["outputs"] = new JsonArray(),
        ["source"] = source,
    };

    public static JsonObject Markdown(string source) => new()
    {
        ["cell_type"] = "markdown",
        ["id"] = Guid.NewGuid().ToString("N")[..8],
        ["metadata"] = new JsonObject(),
        ["source"] = source,
    };
}
