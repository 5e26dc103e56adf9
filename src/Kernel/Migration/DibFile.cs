using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Kernel.Jupyter;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Migration;

/// <summary>
/// The text format of .NET Interactive: cells one below the other, each behind a line that names its language, after an
/// optional <c>#!meta</c> with JSON. It has no outputs and no cell metadata.
/// </summary>
/// <remarks>Source: dotnet/interactive 098a01b, src/Microsoft.DotNet.Interactive.Documents/CodeSubmission.cs.</remarks>
public static class DibFile
{
    private const string MetaLine = "#!meta";

    private static readonly JsonSerializerOptions relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the cells of a file.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="name">Used in messages.</param>
    /// <returns>A notebook for this kernel; cells in other languages keep their chooser as their first line.</returns>
    /// <exception cref="NotebookFormatException">Its <c>#!meta</c> is not JSON, or it has no cells.</exception>
    public static NotebookDocument Read(string text, string name)
    {
        var lines = text.ReplaceLineEndings("\n").TrimStart('\uFEFF').Split('\n');
        var start = 0;
        var metadata = ReadMetadata(lines, ref start, name);
        var further = DeclaredNames(metadata);

        var cells = new JsonArray();
        var language = CellLanguages.CSharp;
        var cell = new List<string>();
        foreach (var line in lines[start..])
        {
            if (CellLanguages.ChosenBy(line, further) is { } chosen)
            {
                AddCell(cells, cell, language);
                language = chosen;
            }
            else
            {
                cell.Add(line);
            }
        }

        AddCell(cells, cell, language);
        return NotebookDocument.Parse(Notebook(cells, metadata).ToJsonString(), name);
    }

    /// <summary>Writes a notebook's cells.</summary>
    /// <returns>The file's text.</returns>
    /// <exception cref="NotebookFormatException">A cell that the format cannot hold.</exception>
    internal static string Write(NotebookDocument notebook)
    {
        var text = new StringBuilder();
        if (notebook.Metadata["polyglot_notebook"] is JsonObject { Count: > 0 } metadata)
            text.Append($"{MetaLine}\n\n{metadata.ToJsonString(relaxed)}\n\n");
        for (var i = 0; i < notebook.Cells.Count; i++)
        {
            var cell = notebook.Cells[i];
            var language = Language(notebook, cell, i + 1);
            var lines = cell.Source.Split('\n').SkipWhile(IsBlank).ToList();
            if (cell.Type == CellType.Code && lines.Count > 0 && CellLanguages.ChosenBy(lines[0]) is not null) lines.RemoveAt(0);
            lines = Trimmed(lines);
            if (lines.Count > 0) text.Append($"#!{language}\n\n{string.Join('\n', lines)}\n\n");
        }

        return text.ToString();
    }

    /// <summary>Writes a notebook's cells to a file, whole or not at all.</summary>
    /// <exception cref="NotebookFormatException">A cell that the format cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    public static void Save(NotebookDocument notebook, string path) => AtomicFile.Write(path, Encoding.UTF8.GetBytes(Write(notebook)));

    private static string Language(NotebookDocument notebook, NotebookCell cell, int number)
    {
        if (cell.Type == CellType.Code) return CellLanguages.Of(cell);
        if (cell.Type == CellType.Raw)
            throw new NotebookFormatException($"{notebook.Name}: cell {number} is raw text, for which a .dib file has no place. Make it a Markdown cell first.");
        if (cell.Source.Split('\n').FirstOrDefault(line => CellLanguages.ChosenBy(line) is not null) is { } line)
            throw new NotebookFormatException($"{notebook.Name}: cell {number} is Markdown with the line '{line}', which would begin another cell in a .dib file. Indent that line first.");
        return CellLanguages.Markdown;
    }

    private static JsonObject? ReadMetadata(string[] lines, ref int start, string name)
    {
        while (start < lines.Length && IsBlank(lines[start])) start++;
        if (start == lines.Length || !lines[start].StartsWith(MetaLine, StringComparison.Ordinal))
        {
            start = 0;
            return null;
        }

        var end = Array.FindIndex(lines, start + 1, line => line.StartsWith("#!", StringComparison.Ordinal));
        if (end < 0) end = lines.Length;
        var json = string.Join('\n', lines[(start + 1)..end]);
        start = end;
        try
        {
            return JsonNode.Parse(json) as JsonObject ?? throw new NotebookFormatException($"{name}: the text below {MetaLine} is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException($"{name}: the text below {MetaLine} is not JSON: {e.Message}", e);
        }
    }

    // "kernelInfo": { "items": [ { "name": "sql-orders", "aliases": ["orders"] } ] }
    private static Dictionary<string, string> DeclaredNames(JsonObject? metadata)
    {
        var names = new Dictionary<string, string>();
        if (metadata?["kernelInfo"] is not JsonObject info || info["items"] is not JsonArray items) return names;
        foreach (var item in items.OfType<JsonObject>())
        {
            if ((string?)item["name"] is not { } name) continue;
            names[name] = name;
            foreach (var alias in item["aliases"] as JsonArray ?? []) names[(string)alias!] = name;
        }

        return names;
    }

    private static void AddCell(JsonArray cells, List<string> lines, string language)
    {
        var source = string.Join('\n', Trimmed(lines));
        lines.Clear();
        if (source.Length == 0) return;

        var isMarkdown = language == CellLanguages.Markdown;
        var isForeign = !isMarkdown && language != CellLanguages.CSharp;
        var cell = new JsonObject
        {
            ["cell_type"] = isMarkdown ? "markdown" : "code",
            ["id"] = $"cell-{cells.Count + 1}",
            ["metadata"] = isForeign ? CellLanguages.Note(language) : new JsonObject(),
            ["source"] = isForeign ? $"#!{language}\n{source}" : source,
        };
        if (!isMarkdown)
        {
            cell["execution_count"] = null;
            cell["outputs"] = new JsonArray();
        }

        cells.Add((JsonNode)cell);
    }

    private static JsonObject Notebook(JsonArray cells, JsonObject? metadata)
    {
        var notebook = new JsonObject
        {
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject
            {
                ["kernelspec"] = new JsonObject { ["name"] = KernelSpec.Name, ["display_name"] = KernelSpec.DisplayName, ["language"] = "csharp" },
                ["language_info"] = new JsonObject { ["name"] = "csharp" },
            },
            ["cells"] = cells,
        };
        if (metadata is not null) notebook["metadata"]!["polyglot_notebook"] = metadata;
        return notebook;
    }

    private static List<string> Trimmed(List<string> lines)
    {
        var first = lines.FindIndex(line => !IsBlank(line));
        return first < 0 ? [] : lines[first..(lines.FindLastIndex(line => !IsBlank(line)) + 1)];
    }

    private static bool IsBlank(string line) => line.Length == 0;
}
