namespace Lab.Kernel.Session;

/// <summary>How an interrupt ended a cell, mildest first.</summary>
internal enum StopLayer
{
    /// <summary>The code or a library heeded the cancellation token.</summary>
    Token,

    /// <summary>At a checkpoint in the cell's code.</summary>
    Checkpoint,

    /// <summary>Its thread was woken from a wait.</summary>
    Wait,

    /// <summary>Not ended: the cell was left behind.</summary>
    Abandoned,
}

/// <summary>
/// One run of a cell that an interrupt ends or leaves behind within two seconds. The token comes first, so that code which
/// heeds it can tidy up; then the checkpoints, then its thread is woken from waits. What is left is inside a call that
/// nothing can end: it goes on by itself up to its next checkpoint, and the session is free for the next cell.
/// </summary>
/// <remarks>
/// The runtime can abort a thread (ControlledExecution), but on Linux about one abort in ten ended the process, and with it
/// every variable.
/// </remarks>
internal sealed class StoppableRun(TimeSpan leaveAfter, CancellationToken cancellation)
{
    private const int stackSize = 16 << 20;
    private static readonly TimeSpan
        untilCheckpoints = TimeSpan.FromMilliseconds(400), untilWaking = TimeSpan.FromMilliseconds(600), pause = TimeSpan.FromMilliseconds(50);

    private volatile Thread? thread;

    /// <summary>Whether its checkpoints end it.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether an interrupt has left the work behind.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Whether code of the cell is on the stack of its own thread, rather than waiting for a task.</summary>
    public bool IsOnThread => thread is not null;

    /// <summary>
    /// Starts work on a thread of the run's own, with a deep stack and nobody else's waits to be woken from; if it is
    /// called there, the work just goes on.
    /// </summary>
    public Task<T> StartAsync<T>(Func<Task<T>> work)
    {
        if (Thread.CurrentThread == thread) return work();
        var started = new TaskCompletionSource<Task<T>>();
        thread = new Thread(() =>
        {
            var task = work(); // an async method: what it throws is in its task
            thread = null;
            started.SetResult(task);
        }, stackSize)
        { Name = "cell", IsBackground = true };
        thread.Start();
        return started.Task.Unwrap();
    }

    /// <summary>Waits for the run's work.</summary>
    /// <returns>False: an interrupt has left it behind.</returns>
    public async Task<bool> EndsAsync(Task work)
    {
        // Without the pool, all of whose threads the cell may occupy.
        var outcome = new TaskCompletionSource<bool>();
        _ = work.ContinueWith(_ => outcome.TrySetResult(true), TaskContinuationOptions.ExecuteSynchronously);
        using var registration = cancellation.UnsafeRegister(_ => new Thread(() => Stop(work, outcome)) { Name = "interrupt", IsBackground = true }.Start(), null);
        return await outcome.Task.ConfigureAwait(false);
    }

    private void Stop(Task work, TaskCompletionSource<bool> outcome)
    {
        if (((IAsyncResult)work).AsyncWaitHandle.WaitOne(untilCheckpoints)) return; // the token was enough
        IsStopping = true;
        Checkpoint.Raise();
        _ = work.ContinueWith(_ => Checkpoint.Lower(), TaskContinuationOptions.ExecuteSynchronously);
        for (var waited = untilCheckpoints; waited < leaveAfter && !work.IsCompleted; waited += pause)
        {
            Thread.Sleep(pause);
            if (waited >= untilWaking && thread is { } blocked && blocked.ThreadState.HasFlag(ThreadState.WaitSleepJoin)) blocked.Interrupt();
        }

        IsAbandoned = !work.IsCompleted;
        outcome.TrySetResult(!IsAbandoned);
    }
}
