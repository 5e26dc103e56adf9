using System.ComponentModel;
using System.Diagnostics;

namespace Lab.Cli.Sweeping;

/// <summary>A command of Slurm failed or is not there.</summary>
internal sealed class SlurmException(string message) : Exception(message);

/// <summary>What Slurm says of a task.</summary>
/// <param name="Name">E.g. <c>PENDING</c>, <c>RUNNING</c>, <c>CANCELLED</c>.</param>
/// <param name="Detail">The node, or why the task waits.</param>
internal sealed record SlurmState(string Name, string Detail)
{
    private static readonly string[] active =
        ["PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESIZING", "SIGNALING", "STAGE_OUT", "SPECIAL_EXIT"];

    /// <summary>Whether the task is, or will be again, at work.</summary>
    public bool IsActive => active.Contains(Name);

    public override string ToString() => Detail.Length > 0 ? $"{Name} ({Detail})" : Name;
}

/// <summary>The commands of Slurm.</summary>
internal static class Slurm
{
    /// <summary>States of all tasks of some job arrays that Slurm still keeps in mind, also of those that are over, by <c>job_task</c>.</summary>
    /// <exception cref="SlurmException">Slurm does not answer.</exception>
    public static async Task<Dictionary<string, SlurmState>> StatesAsync(IEnumerable<string> jobs)
    {
        var list = string.Join(',', jobs);
        if (list.Length == 0) return [];
        var (code, output, error) = await RunAsync("squeue", ["--noheader", "--array", "--states=all", $"--jobs={list}", "--format=%i|%T|%R"]);
        if (code != 0 && !error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase)) throw Failed("squeue", code, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Where(fields => fields.Length == 3)
            .ToDictionary(fields => fields[0].Trim(), fields => new SlurmState(fields[1].Trim(), fields[2].Trim().Trim('(', ')')));
    }

    /// <summary>How a task ended that the queue has forgotten, from Slurm's accounts; null where the cluster keeps none.</summary>
    public static async Task<SlurmState?> PastStateAsync(string task)
    {
        var (code, output, _) = await RunAsync("sacct", ["--noheader", "--parsable2", "--allocations", $"--jobs={task}", "--format=State,NodeList"]);
        var fields = output.Split('\n')[0].Split('|');
        return code == 0 && fields.Length == 2 ? new SlurmState(fields[0], fields[1]) : null;
    }

    /// <returns>What the command wrote.</returns>
    /// <exception cref="SlurmException">It failed, or is not there.</exception>
    public static async Task<string> CallAsync(string command, IReadOnlyList<string> arguments)
    {
        var (code, output, error) = await RunAsync(command, arguments);
        return code == 0 ? output.Trim() : throw Failed(command, code, error);
    }

    private static SlurmException Failed(string command, int code, string error) => new($"{command} failed with code {code}: {error.Trim()}");

    private static async Task<(int Code, string Output, string Error)> RunAsync(string command, IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await error);
        }
        catch (Win32Exception e)
        {
            throw new SlurmException($"--on slurm needs Slurm's commands on the search path; {command} could not be started: {e.Message}");
        }
    }
}
