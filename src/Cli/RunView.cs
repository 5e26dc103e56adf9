using Lab.Kernel.Running;
using Spectre.Console;

namespace Lab.Cli;

/// <summary>Runs one notebook and tells how it goes.</summary>
internal delegate Task<NotebookRun> RunNotebook(NotebookFile file, IProgress<CellProgress> progress);

/// <summary>Shows how notebooks go: bars on a terminal, lines in a log.</summary>
internal abstract class RunView
{
    public static RunView For(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && Environment.GetEnvironmentVariable("CI") is null ? new BarView(console) : new LineView(console.Profile.Out.Writer);

    /// <summary>Starts the notebooks in order, as many at a time as there are jobs.</summary>
    /// <returns>How they ended, in their order.</returns>
    public abstract Task<IReadOnlyList<NotebookRun>> ShowAsync(IReadOnlyList<NotebookFile> files, int jobs, RunNotebook run);

    protected static async Task<IReadOnlyList<NotebookRun>> RunAllAsync(IReadOnlyList<NotebookFile> files, int jobs, Func<NotebookFile, Task<NotebookRun>> run)
    {
        var runs = new NotebookRun[files.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Count), new ParallelOptions { MaxDegreeOfParallelism = jobs }, async (i, _) => runs[i] = await run(files[i]));
        return runs;
    }

    protected static string Shorten(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private protected sealed class CellReport(Action<CellProgress> show) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => show(value);
    }
}
