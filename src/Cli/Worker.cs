using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Lab.Extensions;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>
/// Runs a notebook in a process of its own: whatever a cell does, from a fault in native code to Environment.Exit, ends
/// that process alone, and memory and time are limited also where a cell does not listen.
/// </summary>
internal sealed class Worker(string notebook, RunOptions options, IProgress<CellProgress> progress, TextWriter log)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30), watchPause = TimeSpan.FromMilliseconds(100);
    private const double MemorySlack = 1.25; // the process itself acts at the limit; this is for one that can no longer act

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private CellProgress? cell;
    private TimeSpan cellStart;
    private NotebookRun? killed;

    /// <summary>Cores that the process counts, and so threads of its libraries; all of the machine's when null.</summary>
    public int? Threads { get; init; }

    private string Name => Path.GetFileNameWithoutExtension(notebook);

    /// <param name="interrupt">Stops the cell and saves.</param>
    /// <returns>How the run ended. It does not throw for what the notebook or its process does.</returns>
    public async Task<NotebookRun> RunAsync(CancellationToken interrupt)
    {
        var pipeName = $"lab-{Guid.NewGuid():N}";
        await using var pipe = new NamedPipeServerStream(pipeName, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        using var process = Start(pipeName);
        using var end = new CancellationTokenSource();
        var exit = process.WaitForExitAsync(CancellationToken.None);
        var watch = WatchAsync(process, end.Token);
        try
        {
            var connection = pipe.WaitForConnectionAsync(end.Token);
            if (await Task.WhenAny(connection, exit) == connection && await ConverseAsync(pipe, interrupt) is { } run) return run;
            await Task.WhenAny(exit, Task.Delay(patience, CancellationToken.None));
        }
        finally
        {
            await end.CancelAsync();
            await watch;
            process.Kill(entireProcessTree: true); // also a cell's thread that would not end
            await exit;
        }

        return Lost(killed ?? new NotebookRun(Name, RunStatus.ProcessDied) { Message = Died(process.ExitCode) });
    }

    private async Task<NotebookRun?> ConverseAsync(Stream pipe, CancellationToken interrupt)
    {
        using var channel = new WorkerChannel(pipe);
        try
        {
            channel.Write(new WorkerMessage.Run(Path.GetFullPath(notebook), options));
            using var stop = interrupt.Register(() => Interrupt(channel));
            while (await channel.ReadAsync(CancellationToken.None) is { } message)
            {
                if (message is WorkerMessage.End end) return end.Result;
                if (message is not WorkerMessage.Cell { Progress: var seen }) continue;
                if (seen.Elapsed is null) cellStart = clock.Elapsed;
                cell = seen;
                progress.Report(seen);
            }
        }
        catch (IOException)
        {
            // The process has gone; its exit code tells more than the pipe.
        }

        return null;
    }

    private static void Interrupt(WorkerChannel channel)
    {
        try
        {
            channel.Write(new WorkerMessage.Interrupt());
        }
        catch (IOException)
        {
            // It has gone already, so there is nothing to interrupt.
        }
    }

    private Process Start(string pipeName)
    {
        var start = new ProcessStartInfo(OwnProgram.Command[0], [.. OwnProgram.Command.Skip(1), WorkerCommand.Name, pipeName])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.TryAdd(SharedHeap.Variable, SharedHeap.Value);
        if (Threads is { } threads) start.Environment["DOTNET_PROCESSOR_COUNT"] = threads.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        process.OutputDataReceived += Log;
        process.ErrorDataReceived += Log;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    // What no cell has written: messages of the runtime and of native libraries.
    private void Log(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (log) log.WriteLine(line.Data);
    }

    private async Task WatchAsync(Process process, CancellationToken end)
    {
        using var timer = new PeriodicTimer(watchPause);
        try
        {
            while (!process.HasExited && killed is null && await timer.WaitForNextTickAsync(end))
            {
                process.Refresh();
                if (!process.HasExited && process.WorkingSet64 > options.MemoryLimit * MemorySlack)
                    killed = new NotebookRun(Name, RunStatus.OutOfMemory) { Message = $"{Place()}The process grew far beyond its memory limit and was killed." };
                else if (clock.Elapsed > options.Timeout + patience || (cell is { Elapsed: null } && clock.Elapsed - cellStart > options.CellTimeout + patience))
                    killed = new NotebookRun(Name, RunStatus.TimedOut) { Message = $"{Place()}The time limit was reached, the process did not stop and was killed." };
            }
        }
        catch (OperationCanceledException)
        {
            return; // the run has ended
        }

        if (killed is not null) process.Kill(entireProcessTree: true);
    }

    private NotebookRun Lost(NotebookRun run)
    {
        run = run with { Elapsed = clock.Elapsed, Cells = cell?.Count ?? 0, CellsRun = cell is null ? 0 : cell.Number - (cell.Elapsed is null ? 1 : 0) };
        if (cell is null) return run;
        try
        {
            return LostRun.Record(options, new LabExtension().Scripts, Path.GetDirectoryName(Path.GetFullPath(notebook))!, cell.Number, run);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return run with { Message = $"{run.Message} This could not be written into the notebook: {e.Message}" };
        }
    }

    private string Died(int exitCode)
    {
        // Unix shells and .NET alike give 128 + the signal's number.
        var how = exitCode switch
        {
            128 + 6 => "it was aborted (SIGABRT)",
            128 + 9 => "it was killed (SIGKILL), as the system does when memory runs out",
            128 + 11 => "it accessed memory that is not its own (SIGSEGV)",
            128 + 15 => "it was terminated (SIGTERM)",
            _ => $"it ended with exit code {exitCode}",
        };
        return $"{Place()}The process that ran the notebook died: {how}. What the cells before showed is saved.";
    }

    private string Place() => cell is null ? "" : $"Cell [{cell.Number}]: ";
}
