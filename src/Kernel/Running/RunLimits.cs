using System.Globalization;
using Lab.Kernel.Session;

namespace Lab.Kernel.Running;

/// <summary>Why a run or a cell was stopped from outside.</summary>
/// <param name="Status">What becomes of the run.</param>
/// <param name="Error">What the cell shows.</param>
internal sealed record StopCause(RunStatus Status, ErrorOutput Error)
{
    public StopCause(RunStatus status, string name, string message)
        : this(status, new ErrorOutput(name, message, []))
    {
    }
}

/// <summary>What may stop a run from outside: its time limit, its memory limit, an interrupt.</summary>
internal sealed class RunLimits : IDisposable
{
    private static readonly TimeSpan memoryPause = TimeSpan.FromMilliseconds(200);

    private readonly RunOptions options;
    private readonly CancellationToken interrupt;
    private readonly CancellationTokenSource timeout = new(), memory = new(), any;
    private readonly Timer memoryWatch;

    public RunLimits(RunOptions options, CancellationToken interrupt)
    {
        (this.options, this.interrupt) = (options, interrupt);
        any = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, memory.Token, interrupt);
        if (options.Timeout is { } limit) timeout.CancelAfter(limit);
        memoryWatch = new Timer(_ => CheckMemory(), null, options.MemoryLimit is null ? Timeout.InfiniteTimeSpan : memoryPause, memoryPause);
    }

    /// <summary>Why the run has to end; null while it need not.</summary>
    public StopCause? Cause =>
        interrupt.IsCancellationRequested ? new(RunStatus.Interrupted, "Interrupted", "The run was interrupted.")
        : memory.IsCancellationRequested ? OutOfMemory(options)
        : timeout.IsCancellationRequested ? new(RunStatus.TimedOut, "TimeLimit", $"The time limit of the run, {Seconds(options.Timeout!.Value)}, was reached.")
        : null;

    /// <summary>Fires when the run has to end, and when the cell that begins now has used up its own time.</summary>
    public CancellationTokenSource BeginCell()
    {
        var cell = CancellationTokenSource.CreateLinkedTokenSource(any.Token);
        if (options.CellTimeout is { } limit) cell.CancelAfter(limit);
        return cell;
    }

    /// <param name="cell">From <see cref="BeginCell"/>.</param>
    /// <returns>Why the cell has to end; null when it need not.</returns>
    public StopCause? CauseFor(CancellationTokenSource cell) =>
        Cause ?? (cell.IsCancellationRequested ? new(RunStatus.TimedOut, "TimeLimit", $"The time limit of a cell, {Seconds(options.CellTimeout!.Value)}, was reached.") : null);

    /// <summary>The cause that whoever watches the process from outside gives, too.</summary>
    public static StopCause OutOfMemory(RunOptions options) =>
        new(RunStatus.OutOfMemory, "MemoryLimit", FormattableString.Invariant($"The process uses more memory than its limit, {options.MemoryLimit!.Value / (double)(1 << 20):0} MiB."));

    public void Dispose()
    {
        memoryWatch.Dispose();
        any.Dispose();
        memory.Dispose();
        timeout.Dispose();
    }

    private void CheckMemory()
    {
        if (Environment.WorkingSet <= options.MemoryLimit || memory.IsCancellationRequested) return;
        memoryWatch.Change(Timeout.Infinite, Timeout.Infinite);
        memory.Cancel();
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
