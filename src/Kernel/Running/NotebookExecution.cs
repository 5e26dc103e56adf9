using System.Diagnostics;
using Lab.Abstractions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;

namespace Lab.Kernel.Running;

/// <summary>Runs the code cells of a notebook in order and saves after each.</summary>
internal sealed class NotebookExecution(NotebookDocument notebook, CSharpSession session, RunOptions options, IProgress<CellProgress>? progress)
{
    private readonly OutputRecorder recorder = new(notebook);
    private readonly HashSet<string> declared = [.. ParameterInjection.Declared(notebook).Select(p => p.Name)];
    private readonly DateTime started = DateTime.UtcNow;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private IReadOnlyList<NotebookVariable> parameters = [];

    /// <exception cref="IOException">The notebook cannot be saved.</exception>
    /// <exception cref="UnauthorizedAccessException">The notebook cannot be saved.</exception>
    public async Task<NotebookRun> RunAsync(NotebookRun run, CancellationToken interrupt)
    {
        var cells = notebook.Cells.Where(IsToRun).ToList();
        foreach (var cell in cells) Clear(cell);
        Save();
        run = run with { Cells = cells.Count, NotebookPath = options.NotebookPath };

        using var timeout = new CancellationTokenSource(options.Timeout ?? System.Threading.Timeout.InfiniteTimeSpan);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, interrupt);
        for (var i = 0; i < cells.Count; i++)
        {
            var title = cells[i].Source.Trim().Split('\n')[0].Trim();
            progress?.Report(new CellProgress(i + 1, cells.Count, title, null));
            var begin = clock.Elapsed;
            var (stillRuns, error) = await RunCellAsync(cells[i], i + 1, stop.Token);
            progress?.Report(new CellProgress(i + 1, cells.Count, title, clock.Elapsed - begin));
            run = run with { Elapsed = clock.Elapsed };

            // A stop that came while the last cell ended well has stopped nothing.
            var stopped = stillRuns || (stop.IsCancellationRequested && (error is not null || i + 1 < cells.Count));
            if (stopped) run = Stopped(run, cells[i], stillRuns, timeout.IsCancellationRequested && !interrupt.IsCancellationRequested);
            else if (error is not null) run = run with { Status = RunStatus.CellFailed, Message = Describe(i + 1, error) };
            else run = run with { CellsRun = i + 1 };
            Save();
            if (run.Status != RunStatus.Succeeded) break;
        }

        return run;
    }

    private static bool IsToRun(NotebookCell cell) =>
        cell.Type == CellType.Code && !cell.Tags.Contains("skip-execution") && !string.IsNullOrWhiteSpace(cell.Source);

    private static void Clear(NotebookCell cell)
    {
        cell.Outputs = [];
        cell.ExecutionCount = null;
        cell.Metadata.Remove("execution");
    }

    private async Task<(bool StillRuns, ErrorOutput? Error)> RunCellAsync(NotebookCell cell, int number, CancellationToken stop)
    {
        recorder.Edit(_ => cell.ExecutionCount = number);
        var sink = recorder.Begin(cell);
        var begin = DateTime.UtcNow;

        // On another thread: a cell that computes without ever awaiting must not keep this one from watching the clock.
        var execution = Task.Run(() => session.ExecuteAsync(cell.Source, $"Cell [{number}]", sink, stop), CancellationToken.None);
        await Task.WhenAny(execution, Task.Delay(System.Threading.Timeout.Infinite, stop));
        if (!execution.IsCompleted) await Task.WhenAny(execution, Task.Delay(options.Grace, CancellationToken.None));

        recorder.Edit(_ => RunMetadata.Stamp(cell, begin, DateTime.UtcNow));
        if (!execution.IsCompleted) return (true, null);

        var result = await execution;
        if (cell.Tags.Any(t => t is "parameters" or "injected-parameters"))
            parameters = [.. session.Variables.Where(v => declared.Contains(v.Name))];
        return (false, cell.Tags.Contains("raises-exception") && !stop.IsCancellationRequested ? null : result.Error);
    }

    private NotebookRun Stopped(NotebookRun run, NotebookCell cell, bool stillRuns, bool timedOut)
    {
        var reason = timedOut
            ? "The time limit was reached."
            : "The run was interrupted.";
        if (stillRuns)
            reason += FormattableString.Invariant($" The cell did not stop within {options.Grace.TotalSeconds:0.###} s, so it was left behind; what it would still have shown is lost.");

        recorder.Continue(cell).Write(new ErrorOutput(timedOut ? "TimeLimit" : "Interrupted", reason, []));
        if (stillRuns) recorder.Close();
        return run with
        {
            Status = timedOut ? RunStatus.TimedOut : RunStatus.Interrupted,
            Message = reason,
            CellStillRuns = stillRuns,
        };
    }

    private static string Describe(int number, ErrorOutput error) =>
        string.Join('\n', Traceback.BelowTitle(error.Traceback, error.Message).Prepend($"Cell [{number}]: {error.Name}: {error.Message}"));

    private void Save() => recorder.Edit(document =>
    {
        RunMetadata.Stamp(document, started, parameters);
        document.Save(options.NotebookPath);
    });
}
