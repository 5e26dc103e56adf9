namespace Lab.Kernel.Running;

/// <summary>How a run ended; the value is the exit code of <c>lab run</c>.</summary>
/// <remarks>64 (usage) is given by the command line.</remarks>
public enum RunStatus
{
    /// <summary>Every cell ran and no claim failed.</summary>
    Succeeded = 0,

    /// <summary>A cell ended with an error.</summary>
    CellFailed = 1,

    /// <summary>The time limit of the run or of a cell was reached.</summary>
    TimedOut = 2,

    /// <summary>The process that ran the notebook died; only whoever watches it from outside can tell.</summary>
    ProcessDied = 3,

    /// <summary>Not a C# notebook, or parameters that it does not take; nothing ran.</summary>
    BadNotebook = 4,

    /// <summary>Every cell ran, but a claim that was expected to hold does not.</summary>
    ClaimFailed = 5,

    /// <summary>The executed notebook or its page could not be written.</summary>
    OutputNotWritten = 6,

    /// <summary>The memory limit was reached.</summary>
    OutOfMemory = 7,

    /// <summary>A second run with the same parameters showed something else.</summary>
    NotReproducible = 8,

    /// <summary>Stopped from outside.</summary>
    Interrupted = 130,
}

/// <summary>What became of one notebook.</summary>
/// <param name="Name">The notebook's file name without extension.</param>
/// <param name="Status">How it ended.</param>
public sealed record NotebookRun(string Name, RunStatus Status)
{
    /// <summary>Code cells that ran to their end, or to the error that their tag foretells.</summary>
    public int CellsRun { get; init; }

    /// <summary>Code cells that ended with an error that was allowed.</summary>
    public int CellsFailed { get; init; }

    /// <summary>Code cells to run.</summary>
    public int Cells { get; init; }

    /// <summary>Time from the first cell's start.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What the claims table says.</summary>
    public ClaimCounts Claims { get; init; } = new(0, 0, 0, 0, 0);

    /// <summary>The executed notebook, if one was written.</summary>
    public string? NotebookPath { get; init; }

    /// <summary>Its page, if one was written.</summary>
    public string? PagePath { get; init; }

    /// <summary>Why the run did not succeed.</summary>
    public string? Message { get; init; }

    /// <summary>A cell ignored its cancellation and still runs in this process, which should end now.</summary>
    public bool CellStillRuns { get; init; }
}

/// <summary>A cell began or ended.</summary>
/// <param name="Number">From 1, among the code cells to run.</param>
/// <param name="Count">Code cells to run.</param>
/// <param name="Title">The cell's first line.</param>
/// <param name="Elapsed">Null when the cell begins, its time when it has ended.</param>
public sealed record CellProgress(int Number, int Count, string Title, TimeSpan? Elapsed);
