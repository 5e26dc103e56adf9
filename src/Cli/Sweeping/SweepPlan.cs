using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>Makes the runs of a sweep from notebooks and a grid.</summary>
internal static partial class SweepPlan
{
    private const int LongestName = 80;

    /// <summary>Every notebook with every point of the grid. The same notebook with the same values is the same run in every sweep.</summary>
    /// <param name="notebooks">Paths.</param>
    /// <param name="grid">Values by parameter.</param>
    /// <param name="folder">The sweep's.</param>
    /// <exception cref="UsageException">Two notebooks of one name.</exception>
    /// <exception cref="NotebookFormatException">Not a notebook for C#.</exception>
    /// <exception cref="ParameterException">A notebook does not have a parameter, or a value does not fit it.</exception>
    public static Sweep Make(IReadOnlyList<string> notebooks, IReadOnlyDictionary<string, IReadOnlyList<string>> grid, string folder)
    {
        if (notebooks.CountBy(path => Path.GetFileName(path)!).FirstOrDefault(name => name.Value > 1).Key is { } twice) throw new UsageException($"Two notebooks are called {twice}.");
        var points = ParameterGrid.Points(grid).ToList();
        return new Sweep(grid, [.. notebooks.SelectMany(path => Runs(path, points, folder))]);
    }

    /// <summary>Of the notebook's code: what it says in between may change.</summary>
    public static string CodeHash(NotebookDocument notebook) =>
        Hash(string.Join('\0', notebook.Cells.Where(cell => cell.Type == CellType.Code).Select(cell => cell.Source)));

    private static IEnumerable<SweepRun> Runs(string path, IReadOnlyList<IReadOnlyDictionary<string, string>> points, string folder)
    {
        var notebook = NotebookDocument.Load(path);
        foreach (var point in points) NotebookRunner.CheckParameters(notebook, point); // before anything runs
        var hash = CodeHash(notebook);
        return points.Select(point => new SweepRun(Folder(notebook.Name, hash, point), Path.GetRelativePath(folder, path), hash, point));
    }

    private static string Folder(string notebook, string hash, IReadOnlyDictionary<string, string> point)
    {
        var values = string.Join('_', point.Select(value => $"{value.Key}={value.Value}"));
        var name = Unusual().Replace(values, "-");
        var id = Hash($"{hash}\0{string.Join('\0', point.Select(value => $"{value.Key}={value.Value}"))}")[..8];
        return $"runs/{Unusual().Replace(notebook, "-")}/{name[..Math.Min(name.Length, LongestName)]}_{id}".Replace("/_", "/");
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    [GeneratedRegex("[^A-Za-z0-9=.,+_-]+")]
    private static partial Regex Unusual();
}
