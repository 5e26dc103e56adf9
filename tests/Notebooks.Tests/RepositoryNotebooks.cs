using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Notebooks.Tests;

/// <summary>The notebooks that ship, found from the solution's folder.</summary>
internal static class RepositoryNotebooks
{
    public static string Root { get; } = FindRoot();

    /// <summary>Paths below <see cref="Root"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none: the tests of notebooks would test nothing.</exception>
    public static IReadOnlyList<string> Paths { get; } = Find();

    /// <summary>All texts of a notebook but its pictures, whose base64 may hold anything.</summary>
    public static IEnumerable<string> Texts(NotebookDocument notebook) => Texts(notebook.Json);

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject members => members.Where(m => m.Key is not ("image/png" or "image/jpeg")).SelectMany(m => Texts(m.Value).Append(m.Key)),
        JsonArray items => items.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lab.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Lab.sln.");
    }

    private static List<string> Find()
    {
        var folder = Path.Combine(Root, "notebooks");
        var paths = Directory.EnumerateFiles(folder, "*.ipynb", SearchOption.AllDirectories)
            .Where(p => !p.Contains(".ipynb_checkpoints"))
            .Select(p => Path.GetRelativePath(Root, p))
            .Order(StringComparer.Ordinal)
            .ToList();
        return paths.Count > 0 ? paths : throw new InvalidOperationException($"There is no notebook below {folder}, so there is nothing to test.");
    }
}
