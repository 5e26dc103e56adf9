using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Migration;

/// <summary>The languages that notebooks of .NET Interactive mix: a line <c>#!name</c> in a cell, or metadata of the cell, chooses one.</summary>
/// <remarks>Names: dotnet/interactive 098a01b, src/Microsoft.DotNet.Interactive.App and .Documents.</remarks>
internal static class CellLanguages
{
    public const string CSharp = "csharp", Markdown = "markdown";

    // Aliases, and names themselves, with the name that they stand for.
    private static readonly Dictionary<string, string> names = Names(
        [CSharp, "cs", "C#", "c#"], [Markdown, "md"], ["fsharp", "fs", "F#", "f#"], ["pwsh", "powershell"], ["javascript", "js"],
        ["html"], ["mermaid"], ["sql"], ["kql"], ["http"], ["value"], ["python"], ["r", "R"]);

    /// <summary>Languages that are neither run here nor shown.</summary>
    public static bool IsForeign(string name) =>
        names.GetValueOrDefault(name) is "fsharp" or "pwsh" or "sql" or "kql" or "http" or "value" or "python" or "r";

    /// <param name="line">A whole line of a cell.</param>
    /// <param name="further">Names that a document declares itself, e.g. of database connections.</param>
    /// <returns>The language that the line chooses; null when it is no such line.</returns>
    public static string? ChosenBy(string line, IReadOnlyDictionary<string, string>? further = null)
    {
        if (!line.StartsWith("#!", StringComparison.Ordinal)) return null;
        var name = line[2..].TrimEnd();
        return names.GetValueOrDefault(name) ?? further?.GetValueOrDefault(name);
    }

    /// <returns>The lines before the first that chooses a language, and that line with all below it, with the line breaks above it.</returns>
    public static (string Before, string From) SplitAtChooser(string code)
    {
        var lines = code.Split('\n');
        var chooser = Array.FindIndex(lines, line => ChosenBy(line) is not null);
        return chooser < 0 ? (code, "") : (string.Join('\n', lines[..chooser]), new string('\n', chooser) + string.Join('\n', lines[chooser..]));
    }

    /// <summary>The language of a code cell: its first line's choice, what the editor has noted, or else C#.</summary>
    public static string Of(NotebookCell cell) => ChosenBy(FirstLine(cell.Source)) ?? Noted(cell) ?? CSharp;

    /// <returns>The cell's code with its language on the first line where that is not C#, as a kernel without the editor's notes needs it.</returns>
    public static string CodeOf(NotebookCell cell) =>
        ChosenBy(FirstLine(cell.Source)) is null && Noted(cell) is { } noted and not CSharp ? $"#!{noted}\n{cell.Source}" : cell.Source;

    /// <summary>Notes a language where the Polyglot Notebooks editor does.</summary>
    public static JsonObject Note(string language) => new() { ["polyglot_notebook"] = new JsonObject { ["kernelName"] = language } };

    private static string? Noted(NotebookCell cell)
    {
        var metadata = cell.Json["metadata"];
        var noted = Text(metadata?["polyglot_notebook"], "kernelName") ?? Text(metadata?["dotnet_interactive"], "language");
        return noted is null ? null : names.GetValueOrDefault(noted, noted);
    }

    private static string? Text(JsonNode? owner, string name) =>
        owner is JsonObject members && members[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string FirstLine(string source) => source.TrimStart('\n').Split('\n')[0];

    // A name comes before its aliases.
    private static Dictionary<string, string> Names(params string[][] languages) =>
        languages.SelectMany(names => names.Select(name => (name, names[0]))).ToDictionary(StringComparer.Ordinal);
}
