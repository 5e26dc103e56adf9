using System.Globalization;
using System.Text;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>
/// A sweep on disk. The record of a run, written whole or not at all, says that the run is over; locks say who is at
/// work. Both are files, so a sweep goes on wherever its folder is seen, whatever happened to those who began it.
/// </summary>
internal sealed class SweepFolder(string path)
{
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Keeps a second sweep out of the folder.</summary>
    /// <returns>Null when there is one.</returns>
    public IDisposable? TryLock() => FileLock.Try(At("sweep.lock"));

    /// <summary>Keeps a second execution of a run out of its folder.</summary>
    /// <returns>Null when there is one.</returns>
    public IDisposable? TryLock(SweepRun run)
    {
        Directory.CreateDirectory(At(run.Folder));
        return FileLock.Try(At(run.Folder, "run.lock"));
    }

    public void Write(Sweep sweep) => AtomicFile.Write(At(Sweep.FileName), sweep.ToBytes());

    public RunRecord? RecordOf(SweepRun run) => SweepResults.RecordOf(Path, run);

    /// <summary>Whether every cell of the run has run, so that it need not run again.</summary>
    public bool IsFinished(SweepRun run) => RecordOf(run) is { Status: nameof(RunStatus.Succeeded) or nameof(RunStatus.ClaimFailed) };

    /// <summary>Runs a notebook and writes its record. A run that is finished is left as it is.</summary>
    /// <param name="run">Locked by the caller.</param>
    /// <param name="limits">Of time and memory.</param>
    /// <param name="threads">Threads of its libraries.</param>
    /// <param name="progress">Told of every cell.</param>
    /// <param name="interrupt">Stops the cell and saves.</param>
    /// <exception cref="IOException">The record cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The record cannot be written.</exception>
    public async Task<RunRecord> ExecuteAsync(SweepRun run, RunOptions limits, int threads, IProgress<CellProgress> progress, CancellationToken interrupt)
    {
        if (IsFinished(run)) return RecordOf(run)!;

        var (started, executed, page) = (DateTimeOffset.UtcNow, At(run.Folder, $"{run.Name}.ipynb"), At(run.Folder, $"{run.Name}.html"));
        Forget(run);
        await LogAsync($"begin {run.Folder}");
        await using var log = new StreamWriter(At(run.Folder, "log.txt"));
        var options = limits with { NotebookPath = executed, PagePath = page, Parameters = run.Parameters };
        var source = At(run.Notebook);
        var end = Changed(source, run) ?? await new Worker(source, options, progress, log) { Threads = threads }.RunAsync(interrupt);
        if (end.Message is not null) await log.WriteLineAsync(end.Message);

        var record = Record(end, started, run);
        Write(run, record);
        await LogAsync($"end {run.Folder} {record.Status}");
        return record;
    }

    /// <summary>Takes the record of an earlier attempt away, so that it cannot pass for the next one's.</summary>
    public void Forget(SweepRun run)
    {
        Directory.CreateDirectory(At(run.Folder));
        File.Delete(At(run.RecordPath));
    }

    /// <summary>Writes the record of a run that never came to its end.</summary>
    public void Write(SweepRun run, RunStatus status, string message) =>
        Write(run, Record(new NotebookRun(run.Name, status) { Message = message }, DateTimeOffset.UtcNow, run));

    private void Write(SweepRun run, RunRecord record) => AtomicFile.Write(At(run.RecordPath), Encoding.UTF8.GetBytes(record.ToJson().ToJsonString()));

    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    // .NET appends by seeking to the end: two writers at once, threads or machines, would write over each other.
    private async Task LogAsync(string line)
    {
        FileStream? log;
        while ((log = FileLock.Try(At("sweep.log"))) is null) await Task.Delay(10);
        await using (log)
        {
            log.Seek(0, SeekOrigin.End);
            await log.WriteAsync(Encoding.UTF8.GetBytes($"{DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} {Environment.MachineName} {line}\n"));
        }
    }

    private static NotebookRun? Changed(string source, SweepRun run)
    {
        try
        {
            if (SweepPlan.CodeHash(NotebookDocument.Load(source)) == run.CodeHash) return null;
            return new NotebookRun(run.Name, RunStatus.BadNotebook) { Message = $"{source} has changed since the sweep began. Start the sweep again: it then runs the notebook as it is now." };
        }
        catch (Exception e) when (e is NotebookFormatException or IOException or UnauthorizedAccessException)
        {
            return new NotebookRun(run.Name, RunStatus.BadNotebook) { Message = e.Message };
        }
    }

    // What could not be written into the notebook, as when it never started, the run itself tells.
    private static RunRecord Record(NotebookRun end, DateTimeOffset started, SweepRun run)
    {
        var told = end.NotebookPath is null ? null : ExecutedNotebook.Record(NotebookDocument.Load(end.NotebookPath));
        told ??= new RunRecord(Guid.NewGuid().ToString("N"), run.Name, "", started, end.Elapsed.TotalSeconds, run.Parameters, new Dictionary<string, string>());
        return told with { Status = end.Status.ToString(), Message = end.Message };
    }
}
