using System.Diagnostics;
using System.Runtime.InteropServices;
using Lab.Kernel.Running;
using Spectre.Console;

namespace Lab.Cli;

/// <summary>Runs notebooks one after the other, shows how they go, and sums up.</summary>
internal sealed class NotebookBatch(TextWriter output, TextWriter error)
{
    // Made before a session reroutes the console, after which nobody can tell whether this is a terminal.
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public required IReadOnlyList<NotebookFile> Files { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required string OutputFolder { get; init; }

    public required bool WritePages { get; init; }

    public required TimeSpan? Timeout { get; init; }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        if (FolderProblem() is { } problem)
        {
            error.WriteLine($"Nothing was run: the results cannot be written to {OutputFolder}: {problem}");
            return ExitCode.NotWritten;
        }

        using var interrupt = new CancellationTokenSource();
        using var sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Interrupt(signal, interrupt));
        using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Interrupt(signal, interrupt));

        AppDomain.CurrentDomain.ProcessExit += ExitedInsideACell;
        var view = RunView.For(console);
        var runs = await view.ShowAsync(Files, (file, progress) => RunAsync(file, progress, interrupt.Token));
        AppDomain.CurrentDomain.ProcessExit -= ExitedInsideACell;

        RunSummary.Write(runs, console, error);
        var code = ExitCode.Of(runs);
        if (runs.Any(r => r.CellStillRuns)) Environment.Exit(code); // a thread of the cell may keep the process alive
        return code;
    }

    private async Task<NotebookRun> RunAsync(NotebookFile file, IProgress<CellProgress> progress, CancellationToken interrupt)
    {
        if (interrupt.IsCancellationRequested)
            return new NotebookRun(file.Title, RunStatus.Interrupted) { Message = "Not started." };
        if (clock.Elapsed >= Timeout)
            return new NotebookRun(file.Title, RunStatus.TimedOut) { Message = "Not started: the time limit was reached before." };

        var options = new RunOptions
        {
            Extensions = LabCommand.Extensions,
            Parameters = Parameters,
            NotebookPath = file.OutputPath,
            PagePath = WritePages ? file.PagePath : null,
            Timeout = Timeout - clock.Elapsed,
        };
        var run = await NotebookRunner.RunAsync(file.Path, options, progress, interrupt);
        return run with { Name = file.Title };
    }

    // Found out before an hour of work, not after it.
    private string? FolderProblem()
    {
        try
        {
            foreach (var folder in Files.Select(f => Path.GetDirectoryName(f.OutputPath)!).Append(OutputFolder).Distinct())
            {
                Directory.CreateDirectory(folder);
                var probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
                File.WriteAllBytes(probe, [0]);
                File.Delete(probe);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private void Interrupt(PosixSignalContext signal, CancellationTokenSource interrupt)
    {
        signal.Cancel = true;
        if (interrupt.IsCancellationRequested)
        {
            AppDomain.CurrentDomain.ProcessExit -= ExitedInsideACell;
            Environment.Exit((int)RunStatus.Interrupted);
        }

        error.WriteLine("Interrupted: stopping the cell and saving. Once more ends at once.");
        interrupt.Cancel();
    }

    // Environment.Exit(0) in a cell must not look like success.
    private void ExitedInsideACell(object? sender, EventArgs e)
    {
        error.WriteLine("A cell ended the process. What the cells before it showed is saved.");
        Environment.ExitCode = ExitCode.ProcessDied;
    }
}
