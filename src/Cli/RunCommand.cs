using System.CommandLine;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary><c>lab run</c>: its arguments and options.</summary>
internal static class RunCommand
{
    private static readonly Argument<string> path = new("notebook") { Description = "A notebook, or a folder: all notebooks below it." };
    private static readonly Option<string[]> parameters = new("-p", "--parameter") { Description = "Set a parameter: name=value. Can be repeated.", HelpName = "name=value" };
    private static readonly Option<string> profile = new Option<string>("--profile") { Description = "Short for -p profile=quick or -p profile=full." }.AcceptOnlyFromAmong("quick", "full");
    private static readonly Option<string> folder = new("--out") { Description = "Folder for the executed notebooks and their pages.", DefaultValueFactory = _ => "out" };
    private static readonly Option<bool> html = new("--html") { Description = "Also write an HTML page that works offline.", DefaultValueFactory = _ => true };
    private static readonly Option<bool> noHtml = new("--no-html") { Description = "Write no page." };
    private static readonly Option<bool> allowErrors = new("--allow-errors") { Description = "Go on behind cells that end with an error." };
    private static readonly Option<string[]> allowError = new("--allow-error") { Description = "Go on behind cells that end with this error, e.g. FormatException. Can be repeated.", HelpName = "name" };
    private static readonly Option<int> jobs = new("--jobs", "-j") { Description = "Notebooks that run at a time, each in a process of its own.", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> verify = new("--verify") { Description = "Run every notebook twice and tell where the second run shows something else." };

    public static Command Create(TextWriter output, TextWriter error)
    {
        var command = new Command("run", "Run notebooks from top to bottom and save them with their outputs.")
        {
            path, parameters, profile, folder, html, noHtml, LimitOptions.Timeout, LimitOptions.CellTimeout, LimitOptions.Memory, allowErrors, allowError, jobs, verify,
        };
        command.SetAction((line, cancellation) => new NotebookBatch(output, error)
        {
            Files = NotebookFile.Find(line.GetRequiredValue(path), line.GetRequiredValue(folder)),
            OutputFolder = line.GetRequiredValue(folder),
            WritePages = line.GetValue(html) && !line.GetValue(noHtml),
            Options = Options(line),
            Jobs = line.GetValue(jobs) is > 0 and var count ? count : throw new UsageException($"--jobs expects a number above 0, got {line.GetValue(jobs)}."),
            Verify = line.GetValue(verify),
        }.RunAsync());
        return command;
    }

    private static RunOptions Options(ParseResult line) => LimitOptions.Read(line) with
    {
        Parameters = Parameters(line.GetValue(parameters) ?? [], line.GetValue(profile)),
        AllowErrors = line.GetValue(allowErrors),
        AllowedErrors = line.GetValue(allowError) ?? [],
    };

    private static OrderedDictionary<string, string> Parameters(string[] settings, string? profile)
    {
        var parameters = new OrderedDictionary<string, string>();
        foreach (var setting in profile is null ? settings : settings.Prepend($"profile={profile}"))
        {
            var (name, value) = Setting(setting);
            if (!parameters.TryAdd(name, value))
                throw new UsageException($"The parameter {name} is set twice.");
        }

        return parameters;
    }

    /// <exception cref="UsageException">Not name=value.</exception>
    internal static (string Name, string Value) Setting(string setting)
    {
        var equals = setting.IndexOf('=');
        if (equals <= 0) throw new UsageException($"-p expects name=value, got '{setting}'.");
        return (setting[..equals].Trim(), setting[(equals + 1)..]);
    }
}
