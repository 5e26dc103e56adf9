using System.CommandLine;

namespace Lab.Cli;

/// <summary><c>lab run</c>: its arguments and options.</summary>
internal static class RunCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var path = new Argument<string>("notebook") { Description = "A notebook, or a folder: all notebooks below it." };
        var parameters = new Option<string[]>("-p", "--parameter") { Description = "Set a parameter: name=value. Can be repeated.", HelpName = "name=value" };
        var profile = new Option<string>("--profile") { Description = "Short for -p profile=quick or -p profile=full." };
        profile.AcceptOnlyFromAmong("quick", "full");
        var folder = new Option<string>("--out") { Description = "Folder for the executed notebooks and their pages.", DefaultValueFactory = _ => "out" };
        var html = new Option<bool>("--html") { Description = "Also write an HTML page that works offline.", DefaultValueFactory = _ => true };
        var noHtml = new Option<bool>("--no-html") { Description = "Write no page." };
        var timeout = new Option<double?>("--timeout") { Description = "Limit for the whole run in seconds." };

        var command = new Command("run", "Run notebooks from top to bottom and save them with their outputs.") { path, parameters, profile, folder, html, noHtml, timeout };
        command.SetAction((line, cancellation) => new NotebookBatch(output, error)
        {
            Files = NotebookFile.Find(line.GetRequiredValue(path), line.GetRequiredValue(folder)),
            Parameters = Parameters(line.GetValue(parameters) ?? [], line.GetValue(profile)),
            OutputFolder = line.GetRequiredValue(folder),
            WritePages = line.GetValue(html) && !line.GetValue(noHtml),
            Timeout = Timeout(line.GetValue(timeout)),
        }.RunAsync());
        return command;
    }

    private static OrderedDictionary<string, string> Parameters(string[] settings, string? profile)
    {
        var parameters = new OrderedDictionary<string, string>();
        foreach (var setting in profile is null ? settings : settings.Prepend($"profile={profile}"))
        {
            var equals = setting.IndexOf('=');
            if (equals <= 0) throw new UsageException($"-p expects name=value, got '{setting}'.");
            var name = setting[..equals].Trim();
            if (!parameters.TryAdd(name, setting[(equals + 1)..]))
                throw new UsageException($"The parameter {name} is set twice.");
        }

        return parameters;
    }

    private static TimeSpan? Timeout(double? seconds) => seconds switch
    {
        null => null,
        > 0 and < 1e6 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException($"--timeout expects seconds above 0 and below 1000000, got {seconds}."),
    };
}
