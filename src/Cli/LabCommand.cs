using System.CommandLine;
using System.Reflection;
using Lab.Cli.Reporting;
using Lab.Cli.Sweeping;
using Lab.Extensions;

namespace Lab.Cli;

/// <summary>The <c>lab</c> command: the kernel with Lab's extension loaded, behind a command line.</summary>
internal static class LabCommand
{
    /// <summary>What every session of this program loads.</summary>
    public static IReadOnlyList<Assembly> Extensions { get; } = [typeof(LabExtension).Assembly];

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Show where an unexpected error came from.", Recursive = true };
        var root = new RootCommand("Study tokens in C# notebooks.") { verbose, RunCommand.Create(output, error), SweepCommand.Create(output, error), SweepTaskCommand.Create(output, error), WorkerCommand.Create(), PublishCommand.Create(output, error), ReportCommand.Create(output, error), ConvertCommand.Create(output, error), KernelCommand.Create(output, error) };
        var line = root.Parse(args);
        if (line.Errors.Count > 0)
        {
            foreach (var problem in line.Errors) error.WriteLine(problem.Message);
            error.WriteLine("See: lab --help");
            return ExitCode.Usage;
        }

        try
        {
            return await line.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // an interrupt must leave time to save
            });
        }
        catch (UsageException e)
        {
            error.WriteLine(e.Message);
            return ExitCode.Usage;
        }
        catch (Exception e)
        {
            error.WriteLine(line.GetValue(verbose) ? e.ToString() : $"Unexpected error: {e.GetType().Name}: {e.Message} (--verbose shows where it came from)");
            return ExitCode.Unexpected;
        }
    }
}
