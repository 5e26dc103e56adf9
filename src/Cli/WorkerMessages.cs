using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>What goes through the pipe between <c>lab run</c> and the process that runs a notebook for it: one JSON object a line.</summary>
[JsonDerivedType(typeof(Run), "run")]
[JsonDerivedType(typeof(Interrupt), "interrupt")]
[JsonDerivedType(typeof(Cell), "cell")]
[JsonDerivedType(typeof(End), "end")]
internal abstract record WorkerMessage
{
    /// <summary>To the worker, first and once.</summary>
    public sealed record Run(string Path, RunOptions Options) : WorkerMessage;

    /// <summary>To the worker: stop the cell and save.</summary>
    public sealed record Interrupt : WorkerMessage;

    /// <summary>From the worker: a cell began or ended.</summary>
    public sealed record Cell(CellProgress Progress) : WorkerMessage;

    /// <summary>From the worker, last and once.</summary>
    public sealed record End(NotebookRun Result) : WorkerMessage;
}

/// <summary>One end of the pipe.</summary>
internal sealed class WorkerChannel(Stream pipe) : IDisposable
{
    private static readonly UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly StreamReader reader = new(pipe, utf8, leaveOpen: true);
    private readonly StreamWriter writer = new(pipe, utf8, leaveOpen: true) { AutoFlush = true };
    private readonly Lock writing = new();

    /// <returns>The next message; null when the other process has gone.</returns>
    public async Task<WorkerMessage?> ReadAsync(CancellationToken cancellation = default)
    {
        try
        {
            return await reader.ReadLineAsync(cancellation) is { } line ? JsonSerializer.Deserialize<WorkerMessage>(line) : null;
        }
        catch (IOException)
        {
            return null; // a process that was killed resets the pipe instead of closing it
        }
    }

    /// <exception cref="IOException">The other process has gone.</exception>
    public void Write(WorkerMessage message)
    {
        lock (writing) writer.WriteLine(JsonSerializer.Serialize(message));
    }

    public void Dispose()
    {
        reader.Dispose();
        pipe.Dispose();
    }
}
