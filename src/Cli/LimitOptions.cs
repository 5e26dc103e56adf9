using System.CommandLine;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>The limits of a run on the command line.</summary>
internal static class LimitOptions
{
    public static Option<double?> Timeout { get; } = new("--timeout") { Description = "Limit for the whole run in seconds." };

    public static Option<double?> CellTimeout { get; } = new("--cell-timeout") { Description = "Limit for each cell in seconds." };

    public static Option<string> Memory { get; } = new("--memory") { Description = "Limit for the memory of each notebook's process, e.g. 4G.", HelpName = "size" };

    /// <returns>Options with the limits alone.</returns>
    /// <exception cref="UsageException">Not a time or not a size.</exception>
    public static RunOptions Read(ParseResult line) => new()
    {
        NotebookPath = "", // filled in for each notebook
        Timeout = Seconds("--timeout", line.GetValue(Timeout)),
        CellTimeout = Seconds("--cell-timeout", line.GetValue(CellTimeout)),
        MemoryLimit = line.GetValue(Memory) is { } size ? MemorySize.Parse(size) : null,
    };

    private static TimeSpan? Seconds(string option, double? seconds) => seconds switch
    {
        null => null,
        > 0 and < 1e6 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException($"{option} expects seconds above 0 and below 1000000, got {seconds}."),
    };
}
