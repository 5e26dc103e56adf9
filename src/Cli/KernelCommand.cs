using System.CommandLine;
using System.Reflection;
using Lab.Extensions;
using Lab.Kernel.Jupyter;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary><c>lab kernel</c>: makes C# (Lab) known to Jupyter front ends, and is what they start.</summary>
internal static class KernelCommand
{
    public static Command Create(TextWriter output, TextWriter error) =>
        new("kernel", "Use C# in VS Code's Jupyter extension, JupyterLab and other front ends.") { Install(output, error), Start() };

    private static Command Install(TextWriter output, TextWriter error)
    {
        var user = new Option<bool>("--user") { Description = "For the present user; this is the default." };
        var prefix = new Option<string>("--prefix") { Description = "For an environment, e.g. a Python virtual environment.", HelpName = "folder" };
        var command = new Command("install", "Install the kernel, in place of an older one.") { user, prefix };
        command.SetAction(line =>
        {
            if (line.GetValue(user) && line.GetValue(prefix) is not null) throw new UsageException("Give either --user or --prefix, not both.");
            var kernels = line.GetValue(prefix) is { } folder ? KernelSpec.PrefixDirectory(folder) : KernelSpec.UserDirectory;
            try
            {
                output.WriteLine($"Installed the kernel C# (Lab) in {KernelSpec.Install(kernels, Self(), new LabExtension().Scripts)}");
                return ExitCode.Ok;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"Cannot install the kernel in {kernels}: {e.Message}");
                return (int)RunStatus.OutputNotWritten;
            }
        });
        return command;
    }

    private static Command Start()
    {
        var file = new Argument<string>("connection-file") { Description = "The file that the front end wrote." };
        var command = new Command("start", "Be a kernel; front ends call this.") { file };
        command.SetAction(async (line, cancellation) =>
        {
            try
            {
                await JupyterKernel.RunAsync(line.GetRequiredValue(file), new() { Extensions = LabCommand.Extensions }, cancellation);
            }
            catch (ConnectionException e)
            {
                throw new UsageException(e.Message);
            }

            Environment.Exit(ExitCode.Ok); // threads that cells have started must not keep the process alive
        });
        return command;
    }

    /// <summary>How to start this program again: an executable, or <c>dotnet</c> and an assembly.</summary>
    private static IReadOnlyList<string> Self()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Assembly.GetEntryAssembly()!.Location] : [program];
    }
}
