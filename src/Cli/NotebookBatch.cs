using System.Diagnostics;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;
using Spectre.Console;

namespace Lab.Cli;

/// <summary>Runs notebooks, each in a process of its own, shows how they go, and sums up.</summary>
internal sealed class NotebookBatch(TextWriter output, TextWriter error)
{
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public required IReadOnlyList<NotebookFile> Files { get; init; }

    public required string OutputFolder { get; init; }

    public required bool WritePages { get; init; }

    /// <summary>What all notebooks have in common; the paths are filled in for each.</summary>
    public required RunOptions Options { get; init; }

    /// <summary>Notebooks that run at a time.</summary>
    public required int Jobs { get; init; }

    /// <summary>Run each twice and compare what the two runs show.</summary>
    public required bool Verify { get; init; }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        if (FolderProblem() is { } problem)
        {
            error.WriteLine($"Nothing was run: the results cannot be written to {OutputFolder}: {problem}");
            return ExitCode.NotWritten;
        }

        using var interrupt = new Interruption(error);
        var runs = await RunView.For(console).ShowAsync(Files, Jobs, (file, progress) => RunAsync(file, progress, interrupt.Token));
        RunSummary.Write(runs, console, error);
        return ExitCode.Of(runs);
    }

    private async Task<NotebookRun> RunAsync(NotebookFile file, IProgress<CellProgress> progress, CancellationToken interrupt)
    {
        var run = await RunAsync(file, file.OutputPath, progress, interrupt);
        return Verify && run.Status == RunStatus.Succeeded ? await VerifyAsync(file, run, progress, interrupt) : run;
    }

    private async Task<NotebookRun> RunAsync(NotebookFile file, string path, IProgress<CellProgress> progress, CancellationToken interrupt)
    {
        if (interrupt.IsCancellationRequested)
            return new NotebookRun(file.Title, RunStatus.Interrupted) { Message = "Not started." };
        if (clock.Elapsed >= Options.Timeout)
            return new NotebookRun(file.Title, RunStatus.TimedOut) { Message = "Not started: the time limit was reached before." };

        var options = Options with
        {
            NotebookPath = Path.GetFullPath(path),
            PagePath = WritePages && path == file.OutputPath ? Path.GetFullPath(file.PagePath) : null,
            Timeout = Options.Timeout - clock.Elapsed,
        };
        var run = await new Worker(file.Path, options, progress, error).RunAsync(interrupt);
        if (run.NotebookPath is not null) Keep(run.NotebookPath);
        return run with
        {
            Name = file.Title,
            NotebookPath = run.NotebookPath is null ? null : path,
            PagePath = run.PagePath is null ? null : file.PagePath,
        };
    }

    private void Keep(string executed)
    {
        try
        {
            if (ExecutedNotebook.Record(NotebookDocument.Load(executed)) is { } record) RunStore.Default.Add(record);
        }
        catch (Exception e) when (e is IOException or FormatException or NotebookFormatException)
        {
            error.WriteLine($"The run is not kept in the run store: {e.Message}");
        }
    }

    // The second run is kept where it differs, so that one can look.
    private async Task<NotebookRun> VerifyAsync(NotebookFile file, NotebookRun first, IProgress<CellProgress> progress, CancellationToken interrupt)
    {
        var path = Path.ChangeExtension(file.OutputPath, ".second.ipynb");
        var second = await RunAsync(file, path, progress, interrupt);
        if (second.Status != RunStatus.Succeeded) return second with { Message = $"In the second run: {second.Message}" };

        var differences = OutputComparison.Differences(NotebookDocument.Load(file.OutputPath), NotebookDocument.Load(path));
        if (differences.Count == 0)
        {
            File.Delete(path);
            return first with { Elapsed = first.Elapsed + second.Elapsed };
        }

        return first with
        {
            Status = RunStatus.NotReproducible,
            Elapsed = first.Elapsed + second.Elapsed,
            Message = string.Join('\n', differences.Prepend($"The second run, {path}, shows something else."))
        };
    }

    // Found out before an hour of work, not after it.
    private string? FolderProblem() => Files.Select(f => Path.GetDirectoryName(f.OutputPath)!).Append(OutputFolder).Distinct().Select(OutputFolders.Problem).FirstOrDefault(problem => problem is not null);
}
