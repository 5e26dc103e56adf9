using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>Exit codes that are not the end of one notebook; those are in <see cref="RunStatus"/>.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int NotWritten = (int)RunStatus.OutputNotWritten;
    public const int Usage = 64;
    public const int Unexpected = 70;

    // The first that occurred decides: nothing written outweighs a claim that fails.
    private static readonly RunStatus[] worstFirst =
    [
        RunStatus.Interrupted, RunStatus.OutputNotWritten, RunStatus.BadNotebook, RunStatus.ProcessDied, RunStatus.OutOfMemory,
        RunStatus.CellFailed, RunStatus.TimedOut, RunStatus.ClaimFailed, RunStatus.NotReproducible, RunStatus.Succeeded,
    ];

    /// <summary>The code for all notebooks of a run.</summary>
    public static int Of(IReadOnlyList<NotebookRun> runs) => (int)Worst(runs.Select(run => run.Status));

    /// <summary>The one that outweighs the others; success when there is none.</summary>
    public static RunStatus Worst(IEnumerable<RunStatus> all) => worstFirst.FirstOrDefault(all.ToHashSet().Contains, RunStatus.Succeeded);
}
