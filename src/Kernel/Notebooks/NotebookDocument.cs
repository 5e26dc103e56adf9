using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Notebooks;

/// <summary>A notebook file of format 4 for C#. It keeps every field it does not know.</summary>
/// <remarks>Source: nbformat 4.5, nbformat.readthedocs.io.</remarks>
public sealed class NotebookDocument
{
    private static readonly string[] ownKernels = ["lab-csharp", ".net-csharp"];
    private readonly List<NotebookCell> cells;

    private NotebookDocument(string name, JsonObject json)
    {
        Name = name;
        Json = json;
        cells = [.. json["cells"]!.AsArray().Select((cell, i) => ReadCell(name, cell, i + 1))];
    }

    /// <summary>File name without folder and extension.</summary>
    public string Name { get; }

    /// <summary>The whole notebook as the file has it.</summary>
    public JsonObject Json { get; }

    /// <summary>In order.</summary>
    public IReadOnlyList<NotebookCell> Cells => cells;

    /// <summary>The notebook's metadata; made when absent.</summary>
    public JsonObject Metadata
    {
        get
        {
            if (Json["metadata"] is JsonObject metadata) return metadata;
            metadata = [];
            Json["metadata"] = metadata;
            return metadata;
        }
    }

    /// <summary>Reads a notebook file.</summary>
    /// <exception cref="NotebookFormatException">Not JSON, not format 4, without cells, or for another language.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NotebookDocument Load(string path) =>
        Parse(File.ReadAllText(path), Path.GetFileNameWithoutExtension(path));

    /// <summary>Reads a notebook from its JSON text.</summary>
    /// <param name="json">The file's text.</param>
    /// <param name="name">Used in messages and as the page's title when the notebook has no heading.</param>
    /// <exception cref="NotebookFormatException">Not JSON, not format 4, without cells, or for another language.</exception>
    public static NotebookDocument Parse(string json, string name)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException(
                $"{name} is not a notebook: its text is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}). Expected an .ipynb file as Jupyter or VS Code saves it.", e);
        }

        var notebook = root as JsonObject
            ?? throw new NotebookFormatException($"{name} is not a notebook: its JSON is not an object. Expected an .ipynb file as Jupyter or VS Code saves it.");
        CheckFormat(notebook, name);
        CheckLanguage(notebook, name);
        return new NotebookDocument(name, notebook);
    }

    /// <summary>Puts a new code cell before the cell at <paramref name="index"/>.</summary>
    /// <param name="index">0 puts it first.</param>
    /// <param name="id">Written where the notebook's format has cell ids (4.5 on); unique in the notebook.</param>
    /// <param name="source">Its code.</param>
    /// <param name="tags">Its tags.</param>
    public NotebookCell InsertCode(int index, string id, string source, params string[] tags)
    {
        var json = new JsonObject
        {
            ["cell_type"] = "code",
            ["execution_count"] = null,
            ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]) },
            ["outputs"] = new JsonArray(),
            ["source"] = source,
        };
        if (Number(Json["nbformat_minor"]) >= 5) json["id"] = id;

        var cell = new NotebookCell(json, CellType.Code);
        Json["cells"]!.AsArray().Insert(index, json);
        cells.Insert(index, cell);
        return cell;
    }

    /// <summary>Takes a cell out.</summary>
    public void Remove(NotebookCell cell)
    {
        if (cells.Remove(cell)) Json["cells"]!.AsArray().Remove(cell.Json);
    }

    /// <summary>The file's bytes, laid out as Jupyter does.</summary>
    public byte[] ToBytes() => NotebookJson.Write(Json);

    /// <summary>Writes the file as Jupyter does, whole or not at all.</summary>
    /// <exception cref="IOException">The folder is missing or the disk is full; the old file is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    public void Save(string path) => AtomicFile.Write(path, ToBytes());

    private static void CheckFormat(JsonObject notebook, string name)
    {
        if (Number(notebook["nbformat"]) is not { } format)
            throw new NotebookFormatException($"{name} is not a notebook: it has no number 'nbformat'. Expected format 4.");
        if (format != 4)
            throw new NotebookFormatException($"{name} has notebook format {format}; Lab reads format 4. Convert it with: jupyter nbconvert --to notebook --nbformat 4");
        if (notebook["cells"] is not JsonArray cells)
            throw new NotebookFormatException($"{name} is not a notebook: it has no array 'cells'.");
        if (cells.Count == 0)
            throw new NotebookFormatException($"{name} has no cells, so there is nothing to run.");
    }

    private static void CheckLanguage(JsonObject notebook, string name)
    {
        var metadata = notebook["metadata"] as JsonObject;
        var kernel = Text(metadata?["kernelspec"]?["name"]);
        if (ownKernels.Contains(kernel)) return;

        var language = Text(metadata?["kernelspec"]?["language"]) ?? Text(metadata?["language_info"]?["name"]);
        if (language?.ToLowerInvariant() is "csharp" or "c#") return;

        var found = (kernel, language) switch
        {
            (null, null) => "names no kernel",
            (null, _) => $"is written in {language}",
            (_, null) => $"is for the kernel {kernel}",
            _ => $"is for the kernel {kernel} ({language})",
        };
        throw new NotebookFormatException(
            $"{name} {found}; Lab runs C# notebooks. If its cells are C#, choose the kernel 'C# (Lab)' in the editor and save, which writes kernelspec {ownKernels[0]}.");
    }

    private static NotebookCell ReadCell(string name, JsonNode? cell, int number)
    {
        if (cell is not JsonObject json)
            throw new NotebookFormatException($"{name}: cell {number} is not a JSON object.");
        var type = Text(json["cell_type"]) switch
        {
            "code" => CellType.Code,
            "markdown" => CellType.Markdown,
            "raw" => CellType.Raw,
            var other => throw new NotebookFormatException($"{name}: cell {number} has cell_type '{other}'; expected code, markdown or raw."),
        };
        if (!MultilineText.IsText(json["source"]))
            throw new NotebookFormatException($"{name}: the source of cell {number} is neither a string nor an array of strings.");
        return new NotebookCell(json, type);
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static int? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;
}
