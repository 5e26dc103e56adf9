using Lab.Kernel.Running;
using Spectre.Console;

namespace Lab.Cli;

/// <summary>A bar for every notebook and one for the running cell.</summary>
internal sealed class BarView(IAnsiConsole console) : RunView
{
    public override Task<IReadOnlyList<NotebookRun>> ShowAsync(IReadOnlyList<NotebookFile> files, int jobs, RunNotebook run) => console.Progress()
        .AutoClear(true)
        .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .StartAsync(context => RunAllAsync(files, jobs, file => ShowAsync(context, file, run)));

    private static async Task<NotebookRun> ShowAsync(ProgressContext context, NotebookFile file, RunNotebook run)
    {
        var notebook = context.AddTask(Markup.Escape(Shorten(file.Title, 40)));
        ProgressTask? cell = null;
        var result = await run(file, new CellReport(progress => cell = Show(context, notebook, cell, progress)));
        cell?.StopTask();
        notebook.StopTask();
        return result;
    }

    private static ProgressTask? Show(ProgressContext context, ProgressTask notebook, ProgressTask? cell, CellProgress progress)
    {
        notebook.MaxValue = progress.Count;
        if (progress.Elapsed is null)
        {
            var running = context.AddTask(Markup.Escape($"  [{progress.Number}/{progress.Count}] {Shorten(progress.Title, 36)}"));
            running.IsIndeterminate = true;
            return running;
        }

        notebook.Value = progress.Number;
        cell?.StopTask();
        if (cell is not null) context.RemoveTask(cell);
        return null;
    }
}
