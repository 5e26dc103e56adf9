using System.Globalization;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>One line per cell: its number and first line when it begins, its time when it has ended.</summary>
internal sealed class LineView(TextWriter output) : RunView
{
    public override async Task<IReadOnlyList<NotebookRun>> ShowAsync(IReadOnlyList<NotebookFile> files, RunNotebook run)
    {
        var runs = new List<NotebookRun>();
        foreach (var file in files)
        {
            output.WriteLine(files.Count > 1 ? $"{file.Title} ({runs.Count + 1}/{files.Count})" : file.Title);
            runs.Add(await run(file, new CellReport(Show)));
        }

        return runs;
    }

    private void Show(CellProgress cell)
    {
        if (cell.Elapsed is { } time) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {time.TotalSeconds:0.0} s"));
        else output.Write($"  [{cell.Number}/{cell.Count}] {Shorten(cell.Title, 60),-60}");
        output.Flush();
    }
}
