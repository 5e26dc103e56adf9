using Lab.Abstractions;

namespace Lab.Extensions.Widgets;

/// <summary>
/// An output that is computed anew when something it depends on has changed: once for a burst of changes, and never twice
/// at a time, since a newer run cancels the older one and waits for it.
/// </summary>
internal sealed class LiveView(Func<CancellationToken, Task<object>> compute, IDisplayHandle display, TimeProvider clock)
{
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(0.15);

    // What the computation prints or shows belongs to the cell that has asked for it, whoever causes the change.
    private readonly ExecutionContext cell = ExecutionContext.Capture()!;
    private readonly Lock gate = new();
    private CancellationTokenSource current = new();
    private bool stopped;

    /// <summary>The last run and all before it.</summary>
    public Task Runs { get; private set; } = Task.CompletedTask;

    public void Refresh() => ExecutionContext.Run(cell.CreateCopy(), _ =>
    {
        lock (gate)
        {
            if (stopped) return;
            current.Cancel();
            current = new CancellationTokenSource();
            Runs = RunAsync(Runs, current.Token);
        }
    }, null);

    /// <summary>Cancels the present run and ignores changes from now on.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopped = true;
            current.Cancel();
        }
    }

    private async Task RunAsync(Task before, CancellationToken cancellation)
    {
        await Task.Delay(pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await before.ConfigureAwait(false);
        if (cancellation.IsCancellationRequested) return;
        try
        {
            var value = await Task.Run(() => compute(cancellation), CancellationToken.None).ConfigureAwait(false);
            if (!cancellation.IsCancellationRequested) display.Update(value);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // A newer run shows its own result.
        }
        catch (Exception e) // whatever the cell's code throws is shown where its result would stand
        {
            display.Update(new LiveFailure(e));
        }
    }
}

/// <summary>Why a live output has no value.</summary>
internal sealed record LiveFailure(Exception Cause);
