using System.Text.Json.Nodes;

namespace Lab.Kernel.Notebooks;

/// <summary>What a cell holds.</summary>
public enum CellType
{
    /// <summary>C# and magic commands.</summary>
    Code,

    /// <summary>Markdown.</summary>
    Markdown,

    /// <summary>Text that nobody interprets.</summary>
    Raw,
}

/// <summary>One cell: a view on its JSON, so that fields this program does not know survive.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json, CellType type)
    {
        Json = json;
        Type = type;
    }

    /// <summary>The cell as the file has it.</summary>
    public JsonObject Json { get; }

    /// <summary>What the cell holds.</summary>
    public CellType Type { get; }

    /// <summary>Code or text, lines separated by <c>\n</c>.</summary>
    public string Source
    {
        get => MultilineText.Read(Json["source"]);
        set => Json["source"] = value;
    }

    /// <summary>The cell's metadata; made when absent.</summary>
    public JsonObject Metadata => Child("metadata");

    /// <summary>Tags such as <c>parameters</c>.</summary>
    public IReadOnlyList<string> Tags => Json["metadata"]?["tags"] is JsonArray tags
        ? [.. tags.OfType<JsonValue>().Where(t => t.TryGetValue<string>(out _)).Select(t => t.GetValue<string>())]
        : [];

    /// <summary>Outputs of a code cell in the notebook format.</summary>
    public JsonArray Outputs
    {
        get => Json["outputs"] as JsonArray ?? [];
        set => Json["outputs"] = value;
    }

    /// <summary>The number in front of a code cell that has run.</summary>
    public int? ExecutionCount
    {
        get => Json["execution_count"] is JsonValue value && value.TryGetValue<int>(out var count) ? count : null;
        set => Json["execution_count"] = value;
    }

    private JsonObject Child(string name)
    {
        if (Json[name] is JsonObject child) return child;
        child = [];
        Json[name] = child;
        return child;
    }
}
