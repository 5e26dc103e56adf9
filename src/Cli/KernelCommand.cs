using System.CommandLine;
using Lab.Extensions;
using Lab.Kernel.Jupyter;
using Lab.Kernel.Session;

namespace Lab.Cli;

/// <summary><c>lab kernel</c>: the C# kernel for Jupyter front ends.</summary>
internal static class KernelCommand
{
    public static Command Create(TextWriter output, TextWriter error) =>
        new("kernel", "The C# kernel for Jupyter, JupyterLab and VS Code.") { Install(output, error), Start(error) };

    private static Command Install(TextWriter output, TextWriter error)
    {
        var user = new Option<bool>("--user") { Description = "For this user (the default)." };
        var prefix = new Option<string>("--prefix") { Description = "Into an environment, e.g. a Python virtual environment." };
        var active = new Option<bool>("--sys-prefix") { Description = "Into the active Python environment (VIRTUAL_ENV or CONDA_PREFIX)." };
        var alias = new Option<string>("--alias") { Description = "Also under this name, e.g. .net-csharp for notebooks that .NET Interactive has left." };
        var command = new Command("install", $"Let Jupyter front ends find the kernel as {KernelSpec.Name}.") { user, prefix, active, alias };
        command.SetAction(line =>
        {
            if (new[] { line.GetValue(user), line.GetValue(prefix) is not null, line.GetValue(active) }.Count(given => given) > 1)
                throw new UsageException("Give one of --user, --prefix and --sys-prefix.");
            var environment = line.GetValue(active) ? ActiveEnvironment() : line.GetValue(prefix);
            try
            {
                var directory = environment is null ? KernelSpec.UserDirectory : KernelSpec.PrefixDirectory(environment);
                var scripts = new LabExtension().Scripts;
                output.WriteLine($"Installed the kernel {KernelSpec.Name} in {KernelSpec.Install(directory, OwnProgram.Command, scripts)}");
                if (line.GetValue(alias) is { } name)
                    output.WriteLine($"Installed it as {name} in {KernelSpec.Install(directory, OwnProgram.Command, scripts, name)}");
                return ExitCode.Ok;
            }
            catch (ArgumentException e)
            {
                throw new UsageException(e.Message);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"The kernel could not be installed: {e.Message}");
                return ExitCode.NotWritten;
            }
        });
        return command;
    }

    private static string ActiveEnvironment() =>
        new[] { "VIRTUAL_ENV", "CONDA_PREFIX" }.Select(Environment.GetEnvironmentVariable).FirstOrDefault(path => !string.IsNullOrEmpty(path))
        ?? throw new UsageException("--sys-prefix: no Python environment is active, neither VIRTUAL_ENV nor CONDA_PREFIX is set. Activate one, or name it with --prefix.");

    private static Command Start(TextWriter error)
    {
        var file = new Argument<string>("connection-file") { Description = "Written by the front end: ports and key." };
        var command = new Command("start", "Serve one front end; front ends call this themselves.") { file };
        command.SetAction(async (line, cancellation) =>
        {
            try
            {
                await JupyterKernel.RunAsync(line.GetRequiredValue(file), new SessionOptions { Extensions = LabCommand.Extensions }, cancellation);
                return ExitCode.Ok;
            }
            catch (ConnectionException e)
            {
                error.WriteLine(e.Message);
                return ExitCode.Usage;
            }
        });
        return command;
    }
}
