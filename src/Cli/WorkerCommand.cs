using System.CommandLine;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary><c>lab run-worker</c>: runs one notebook for <c>lab run</c>, which talks to it through a pipe.</summary>
internal static class WorkerCommand
{
    public const string Name = "run-worker";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var pipe = new Argument<string>("pipe");
        var command = new Command(Name, "Run one notebook for lab run.") { pipe };
        command.Hidden = true;
        command.SetAction((line, cancellation) => RunAsync(line.GetRequiredValue(pipe)));
        return command;
    }

    private static async Task<int> RunAsync(string name)
    {
        // A terminal sends Ctrl+C to all its processes; lab run decides what it means and says so through the pipe.
        using var sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var interrupt = new CancellationTokenSource();

        // Slurm sends its request to end to every process of a task, this one too: it saves before it goes.
        using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            interrupt.Cancel();
        });
        await using var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        try
        {
            await pipe.ConnectAsync(patience, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new UsageException($"{Name}: whoever has started this process has gone."); // the pipe was there before the process
        }

        using var channel = new WorkerChannel(pipe);
        if (await channel.ReadAsync() is not WorkerMessage.Run request) throw new UsageException($"{Name} is called by lab run; call lab run yourself.");

        // As under Jupyter: relative paths in cells start where the notebook lies.
        Environment.CurrentDirectory = Path.GetDirectoryName(request.Path)!;
        _ = ListenAsync(channel, interrupt);
        var options = request.Options with { Extensions = LabCommand.Extensions };
        var run = await NotebookRunner.RunAsync(request.Path, options, new CellReport(channel), interrupt.Token);
        channel.Write(new WorkerMessage.End(run));
        return ExitCode.Ok;
    }

    private static async Task ListenAsync(WorkerChannel channel, CancellationTokenSource interrupt)
    {
        while (await channel.ReadAsync() is { } message)
            if (message is WorkerMessage.Interrupt) await interrupt.CancelAsync();

        // Nobody waits for the result any more.
        Environment.Exit((int)RunStatus.Interrupted);
    }

    private sealed class CellReport(WorkerChannel channel) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => channel.Write(new WorkerMessage.Cell(value));
    }
}
