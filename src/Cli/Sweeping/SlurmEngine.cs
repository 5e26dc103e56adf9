using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>What is asked of Slurm for each run.</summary>
/// <param name="AtATime">Runs at a time; as many as there is room for when null.</param>
/// <param name="Cores">Of each run.</param>
/// <param name="Gpus">Of each run.</param>
/// <param name="Options">For <c>sbatch</c>, as they are.</param>
internal sealed record SlurmRequest(int? AtATime, int Cores, int Gpus, IReadOnlyList<string> Options);

/// <summary>Some runs in one job array; its file tells each task which run is its own.</summary>
/// <param name="Job">Slurm's number; null until it is submitted.</param>
/// <param name="Folders">Of the runs, by the task's number in the array.</param>
internal sealed record SlurmArray(string? Job, IReadOnlyList<string> Folders);

/// <summary>
/// A cluster: runs become tasks of job arrays, and the folder, which all machines share, tells how they ended. There is
/// nothing of ours that has to stay alive: whoever starts the sweep again finds the tasks that are still in the queue.
/// </summary>
/// <param name="folder">The sweep's, on a file system that all machines share.</param>
/// <param name="limits">Of every run.</param>
/// <param name="request">What each run needs.</param>
internal sealed class SlurmEngine(SweepFolder folder, RunOptions limits, SlurmRequest request) : ISweepEngine
{
    private const int LargestArray = 1000; // Slurm's MaxArraySize is 1001 where nobody has changed it
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(2), sharedFolderDelay = TimeSpan.FromSeconds(10);

    private string Folder => folder.At("slurm");

    public async Task RunAsync(IReadOnlyList<SweepRun> runs, SweepView view, CancellationToken interrupt)
    {
        if (runs.Count == 0) return;
        Directory.CreateDirectory(Folder);
        var tasks = await InQueueAsync(runs);
        foreach (var chunk in runs.Except(tasks.Values).Chunk(LargestArray))
            foreach (var (task, run) in await SubmitAsync(chunk)) tasks[task] = run;
        await WaitAsync(tasks, view, interrupt);
    }

    // Tasks that an earlier call has submitted and that are not over.
    private async Task<Dictionary<string, SweepRun>> InQueueAsync(IReadOnlyList<SweepRun> runs)
    {
        var open = runs.ToDictionary(run => run.Folder);
        var arrays = Directory.EnumerateFiles(Folder, "*.json").Select(Read).Where(array => array.Job is not null).ToList();
        var states = await Slurm.StatesAsync(arrays.Select(array => array.Job!));
        return arrays.SelectMany(array => array.Folders.Select((run, i) => (Task: $"{array.Job}_{i}", Run: open.GetValueOrDefault(run))))
            .Where(task => task.Run is not null && states.TryGetValue(task.Task, out var state) && state.IsActive)
            .ToDictionary(task => task.Task, task => task.Run!);
    }

    private async Task<IEnumerable<(string Task, SweepRun Run)>> SubmitAsync(SweepRun[] runs)
    {
        foreach (var run in runs) folder.Forget(run);
        var name = $"{DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Guid.NewGuid().ToString("N")[..4]}";
        var (file, script) = (Path.Combine(Folder, $"{name}.json"), Path.Combine(Folder, $"{name}.sh"));
        var array = new SlurmArray(null, [.. runs.Select(run => run.Folder)]);
        Write(file, array);
        AtomicFile.Write(script, Encoding.UTF8.GetBytes(Script(file)));

        string[] options =
        [
            "--parsable", "--requeue", "--open-mode=append", "--job-name=lab-sweep", $"--chdir={folder.Path}", $"--output={Path.Combine(Folder, "%A_%a.log")}",
            $"--array=0-{runs.Length - 1}{(request.AtATime is { } most ? $"%{most}" : "")}", $"--cpus-per-task={request.Cores}", .. request.Gpus > 0 ? [$"--gres=gpu:{request.Gpus}"] : Array.Empty<string>(), .. request.Options, script,
        ];
        var job = (await Slurm.CallAsync("sbatch", options)).Split(';')[0]; // job;cluster
        Write(file, array with { Job = job });
        return runs.Select((run, i) => ($"{job}_{i}", run));
    }

    private string Script(string file)
    {
        string[] command =
        [
            .. OwnProgram.Command, SweepTaskCommand.Name, folder.Path, file, "--threads", request.Cores.ToString(CultureInfo.InvariantCulture), .. Limit(LimitOptions.Timeout.Name, limits.Timeout?.TotalSeconds), .. Limit(LimitOptions.CellTimeout.Name, limits.CellTimeout?.TotalSeconds),
            .. limits.MemoryLimit is { } bytes ? [LimitOptions.Memory.Name, $"{bytes >> 20}M"] : Array.Empty<string>(),
        ];
        return $"#!/bin/sh\nexec {string.Join(' ', command.Select(Quoted))} --task \"$SLURM_ARRAY_TASK_ID\"\n";
    }

    private static string[] Limit(string option, double? seconds) => seconds is { } value ? [option, value.ToString(CultureInfo.InvariantCulture)] : [];

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''")}'";

    private async Task WaitAsync(Dictionary<string, SweepRun> tasks, SweepView view, CancellationToken interrupt)
    {
        var seen = new Dictionary<string, LastSeen>();
        var jobs = tasks.Keys.Select(task => task.Split('_')[0]).Distinct().ToList();
        while (tasks.Count > 0)
        {
            var states = await Slurm.StatesAsync(jobs);
            foreach (var (task, state) in states) seen[task] = state.IsActive || !seen.TryGetValue(task, out var last) ? new LastSeen(state, DateTime.UtcNow) : last with { State = state };
            foreach (var (task, run) in tasks.ToList())
                if (await IsOverAsync(task, run, states.GetValueOrDefault(task), seen, view)) tasks.Remove(task);

            if (tasks.Count > 0 && !await Pause(interrupt))
            {
                view.Note(tasks.Values.First(), $"Slurm goes on with this and what else is in its queue; start the sweep again to wait for it, or end it with: scancel {string.Join(' ', jobs)}");
                return;
            }
        }
    }

    private sealed record LastSeen(SlurmState State, DateTime Active);

    private async Task<bool> IsOverAsync(string task, SweepRun run, SlurmState? now, Dictionary<string, LastSeen> seen, SweepView view)
    {
        if (!folder.IsFinished(run) && now is { IsActive: true })
        {
            view.Note(run, now.ToString());
            return false;
        }

        if (folder.RecordOf(run) is null)
        {
            // The task may have written its record on a machine whose files show here a little later.
            var last = seen.GetValueOrDefault(task) ?? (seen[task] = new LastSeen(new SlurmState("submitted", ""), DateTime.UtcNow));
            if (DateTime.UtcNow - last.Active < sharedFolderDelay) return false;
            var how = now?.ToString() ?? (await Slurm.PastStateAsync(task))?.ToString() ?? $"taken from the queue, where it was last seen as {last.State}";
            folder.Write(run, RunStatus.ProcessDied, $"Slurm ended the run: {how}. Its log is slurm/{task}.log.");
        }

        view.End(run, folder.RecordOf(run)!);
        return true;
    }

    private static async Task<bool> Pause(CancellationToken interrupt)
    {
        await Task.WhenAny(Task.Delay(pause, CancellationToken.None), Task.Delay(Timeout.Infinite, interrupt));
        return !interrupt.IsCancellationRequested;
    }

    public static SlurmArray Read(string file) =>
        JsonSerializer.Deserialize<SlurmArray>(File.ReadAllBytes(file)) ?? throw new FormatException($"{file} is empty.");

    private static void Write(string file, SlurmArray array) => AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(array));
}
