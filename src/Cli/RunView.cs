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

    /// <summary>Runs the notebooks in order.</summary>
    public abstract Task<IReadOnlyList<NotebookRun>> ShowAsync(IReadOnlyList<NotebookFile> files, RunNotebook run);

    protected static string Shorten(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private protected sealed class CellReport(Action<CellProgress> show) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => show(value);
    }
}
