using System.Diagnostics;
using Lab.Abstractions;
using Lab.Kernel.Migration;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;

namespace Lab.Kernel.Running;

/// <summary>Runs the code cells of a notebook in order and saves after each.</summary>
internal sealed class NotebookExecution(NotebookDocument notebook, CSharpSession session, IReadOnlyDictionary<string, string> environment, WidgetStates widgets, RunOptions options, IProgress<CellProgress>? progress)
{
    private readonly Guid id = Guid.NewGuid();
    private readonly OutputRecorder recorder = new(notebook);
    private readonly HashSet<string> declared = [.. ParameterInjection.Declared(notebook).Select(p => p.Name)];
    private readonly DateTime started = DateTime.UtcNow;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private IReadOnlyList<NotebookVariable> parameters = [];

    /// <exception cref="IOException">The notebook cannot be saved.</exception>
    /// <exception cref="UnauthorizedAccessException">The notebook cannot be saved.</exception>
    public async Task<NotebookRun> RunAsync(NotebookRun run, CancellationToken interrupt)
    {
        var cells = CellsToRun(notebook);
        foreach (var cell in cells) Clear(cell);
        Save();
        run = run with { Cells = cells.Count, NotebookPath = options.NotebookPath };

        using var limits = new RunLimits(options, interrupt);
        for (var i = 0; i < cells.Count && run.Status == RunStatus.Succeeded; i++)
        {
            var title = cells[i].Source.Trim().Split('\n')[0].Trim();
            progress?.Report(new CellProgress(i + 1, cells.Count, title, null));
            var begin = clock.Elapsed;
            run = await RunCellAsync(run, cells[i], i + 1, limits) with { Elapsed = clock.Elapsed };
            progress?.Report(new CellProgress(i + 1, cells.Count, title, clock.Elapsed - begin));
            Save();
        }

        return run;
    }

    /// <summary>Writes down how the run ended.</summary>
    /// <exception cref="IOException">The notebook cannot be saved.</exception>
    /// <exception cref="UnauthorizedAccessException">The notebook cannot be saved.</exception>
    public void End(RunStatus status) => recorder.Edit(document =>
    {
        RunMetadata.Stamp(document, status);
        document.Save(options.NotebookPath);
    });

    /// <summary>The code cells that a run executes, in order.</summary>
    public static IReadOnlyList<NotebookCell> CellsToRun(NotebookDocument notebook) =>
        [.. notebook.Cells.Where(c => c.Type == CellType.Code && !c.Tags.Contains("skip-execution") && !string.IsNullOrWhiteSpace(c.Source))];

    private static void Clear(NotebookCell cell)
    {
        cell.Outputs = [];
        cell.ExecutionCount = null;
        cell.Metadata.Remove("execution");
    }

    private async Task<NotebookRun> RunCellAsync(NotebookRun run, NotebookCell cell, int number, RunLimits limits)
    {
        using var stop = limits.BeginCell();
        var (stillRuns, error) = await ExecuteAsync(cell, number, stop.Token);

        // A stop that came while the last cell ended well has stopped nothing, nor has a cell's limit when the cell ended well.
        if (stillRuns || error is not null || number < run.Cells)
        {
            var cause = stillRuns || error is not null ? limits.CauseFor(stop) : limits.Cause;
            if (cause is not null) return Stopped(run, cell, cause, stillRuns, goesOn: limits.Cause is null && options.Allows(cause.Error));
        }

        if (error is null || cell.Tags.Contains("raises-exception")) return run with { CellsRun = run.CellsRun + 1 };
        return options.Allows(error)
            ? run with { CellsFailed = run.CellsFailed + 1 }
            : run with { Status = RunStatus.CellFailed, Message = Describe(number, error) };
    }

    private async Task<(bool StillRuns, ErrorOutput? Error)> ExecuteAsync(NotebookCell cell, int number, CancellationToken stop)
    {
        recorder.Edit(_ => cell.ExecutionCount = number);
        var sink = recorder.Begin(cell);
        var begin = DateTime.UtcNow;

        // On another thread: a cell that computes without ever awaiting must not keep this one from watching the clock.
        var execution = Task.Run(() => session.ExecuteAsync(CellLanguages.CodeOf(cell), $"Cell [{number}]", sink, stop), CancellationToken.None);
        await Task.WhenAny(execution, Task.Delay(System.Threading.Timeout.Infinite, stop));
        if (!execution.IsCompleted) await Task.WhenAny(execution, Task.Delay(options.Grace, CancellationToken.None));

        recorder.Edit(_ => RunMetadata.Stamp(cell, begin, DateTime.UtcNow));
        if (!execution.IsCompleted) return (true, null);

        var result = await execution;
        if (cell.Tags.Any(t => t is "parameters" or "injected-parameters"))
            parameters = [.. session.Variables.Where(v => declared.Contains(v.Name))];
        return (false, result.Error);
    }

    private NotebookRun Stopped(NotebookRun run, NotebookCell cell, StopCause cause, bool stillRuns, bool goesOn)
    {
        var reason = cause.Error.Message;
        if (stillRuns)
            reason += FormattableString.Invariant($" The cell did not stop within {options.Grace.TotalSeconds:0.###} s, so it was left behind; what it would still have shown is lost.");

        recorder.Continue(cell).Write(cause.Error with { Message = reason });
        if (stillRuns) recorder.Close();
        return goesOn && !stillRuns
            ? run with { CellsFailed = run.CellsFailed + 1 }
            : run with { Status = cause.Status, Message = reason, CellStillRuns = stillRuns };
    }

    private static string Describe(int number, ErrorOutput error) =>
        string.Join('\n', Traceback.BelowTitle(error.Traceback, error.Message).Prepend($"Cell [{number}]: {error.Name}: {error.Message}"));

    private void Save() => recorder.Edit(document =>
    {
        RunMetadata.Stamp(document, id, started, parameters, environment);
        widgets.WriteTo(document);
        document.Save(options.NotebookPath);
    });
}
