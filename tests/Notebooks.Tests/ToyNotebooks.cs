using System.Text.Json.Nodes;

namespace Notebooks.Tests;

/// <summary>Notebooks of one code cell or more, for tests of commands.</summary>
internal static class ToyNotebooks
{
    /// <summary>A notebook with a cell of parameters and cells below it.</summary>
    public static void Write(string path, string parameters, params string[] code) =>
        Write(path, [Cell("c0", parameters, "parameters"), .. code.Select((source, i) => Cell($"c{i + 1}", source))]);

    /// <summary>A notebook of cells; its folder is made.</summary>
    public static void Write(string path, params JsonObject[] cells)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, new JsonObject
        {
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "lab-csharp" } },
            ["cells"] = new JsonArray([.. cells]),
        }.ToJsonString());
    }

    public static JsonObject Cell(string id, string source, params string[] tags) => new()
    {
        ["cell_type"] = "code",
        ["id"] = id,
        ["execution_count"] = null,
        ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]) },
        ["outputs"] = new JsonArray(),
        ["source"] = source,
    };
}
