using System.Globalization;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>One line per cell: its number and first line when it begins, its time when it has ended. Where notebooks run side by side, one whole line at its end.</summary>
internal sealed class LineView(TextWriter output) : RunView
{
    public override Task<IReadOnlyList<NotebookRun>> ShowAsync(IReadOnlyList<NotebookFile> files, int jobs, RunNotebook run)
    {
        var begun = 0;
        return RunAllAsync(files, jobs, file =>
        {
            var number = Interlocked.Increment(ref begun);
            Write(files.Count > 1 ? $"{file.Title} ({number}/{files.Count})\n" : $"{file.Title}\n");
            return run(file, new CellReport(jobs > 1 && files.Count > 1 ? cell => ShowWhole(file, cell) : Show));
        });
    }

    private void Show(CellProgress cell) => Write(cell.Elapsed is { } time ? $"  {Seconds(time)}\n" : $"  [{cell.Number}/{cell.Count}] {Shorten(cell.Title, 60),-60}");

    private void ShowWhole(NotebookFile file, CellProgress cell)
    {
        if (cell.Elapsed is { } time) Write($"{file.Title}  [{cell.Number}/{cell.Count}] {Shorten(cell.Title, 60),-60}  {Seconds(time)}\n");
    }

    private void Write(string text)
    {
        lock (output)
        {
            output.Write(text);
            output.Flush();
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
