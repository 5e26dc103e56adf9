using System.CommandLine;
using System.Globalization;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary><c>lab sweep-task</c>: one task of a job array, which Slurm may start anew at any time.</summary>
internal static class SweepTaskCommand
{
    public const string Name = "sweep-task";
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(2);

    public static Command Create(TextWriter output, TextWriter error)
    {
        var folder = new Argument<string>("folder");
        var file = new Argument<string>("array");
        var task = new Option<int>("--task");
        var threads = new Option<int>("--threads");
        var command = new Command(Name, "Run one run of a sweep for Slurm.") { folder, file, task, threads, LimitOptions.Timeout, LimitOptions.CellTimeout, LimitOptions.Memory };
        command.Hidden = true;
        command.SetAction(async (line, _) =>
        {
            var place = new SweepFolder(line.GetRequiredValue(folder));
            var mine = SlurmEngine.Read(line.GetRequiredValue(file)).Folders[line.GetValue(task)];
            var run = Sweep.Load(place.Path).Runs.FirstOrDefault(run => run.Folder == mine);
            if (run is null)
            {
                output.WriteLine($"{mine} is no longer part of the sweep.");
                return ExitCode.Ok;
            }

            return await RunAsync(place, run, LimitOptions.Read(line), line.GetValue(threads), output, error);
        });
        return command;
    }

    // The record tells how the run ended; a task that has written one has done its work, whatever the notebook did.
    private static async Task<int> RunAsync(SweepFolder place, SweepRun run, RunOptions limits, int threads, TextWriter output, TextWriter error)
    {
        using var interrupt = new Interruption(error);
        var mine = place.TryLock(run);
        for (; mine is null && !interrupt.Token.IsCancellationRequested; mine = place.TryLock(run)) await Task.Delay(pause);
        using (mine)
        {
            var record = await place.ExecuteAsync(run, limits, threads, new CellLines(output), interrupt.Token);
            output.WriteLine($"{run.Folder}: {record.Status}");
            return ExitCode.Ok;
        }
    }

    private sealed class CellLines(TextWriter output) : IProgress<CellProgress>
    {
        public void Report(CellProgress value)
        {
            if (value.Elapsed is { } time) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{value.Number}/{value.Count}] {value.Title}  {time.TotalSeconds:0.0} s"));
        }
    }
}
