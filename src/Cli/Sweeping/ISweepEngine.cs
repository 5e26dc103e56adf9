using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>Where the runs of a sweep are executed.</summary>
internal interface ISweepEngine
{
    /// <summary>Brings runs to their end; their records then say how they ended.</summary>
    /// <param name="runs">Those that are not finished.</param>
    /// <param name="view">Told how they go.</param>
    /// <param name="interrupt">Stops them, or the waiting for them.</param>
    /// <exception cref="IOException">Records cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Records cannot be written.</exception>
    Task RunAsync(IReadOnlyList<SweepRun> runs, SweepView view, CancellationToken interrupt);
}
