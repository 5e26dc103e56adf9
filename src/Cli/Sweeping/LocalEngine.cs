using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>This machine: some runs at a time, each in a process of its own, each with an equal share of the cores.</summary>
/// <param name="folder">The sweep's.</param>
/// <param name="limits">Of every run.</param>
/// <param name="jobs">Runs at a time.</param>
/// <param name="threads">Of each run.</param>
internal sealed class LocalEngine(SweepFolder folder, RunOptions limits, int jobs, int threads) : ISweepEngine
{
    public async Task RunAsync(IReadOnlyList<SweepRun> runs, SweepView view, CancellationToken interrupt)
    {
        // Where the disk is full or the folder has gone, the runs to come would compute in vain.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = jobs }, async (run, _) =>
        {
            if (stop.IsCancellationRequested) return;
            try
            {
                if (await RunAsync(run, view, stop.Token) == nameof(RunStatus.OutputNotWritten)) await stop.CancelAsync();
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        });
    }

    private async Task<string?> RunAsync(SweepRun run, SweepView view, CancellationToken stop)
    {
        using var mine = folder.TryLock(run);
        if (mine is null)
        {
            view.Note(run, "is being run by another process");
            return null;
        }

        view.Begin(run);
        var record = await folder.ExecuteAsync(run, limits, threads, view.Progress(run), stop);
        view.End(run, record);
        return record.Status;
    }
}
