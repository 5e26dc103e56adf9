using System.CommandLine;
using Lab.Extensions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Publishing;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary><c>lab publish</c>: an executed notebook made fit to be committed.</summary>
internal static class PublishCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var path = new Argument<string>("notebook") { Description = "A notebook that was run to its end, e.g. one that lab run has written." };
        var target = new Option<string>("--out") { Description = "The published notebook; without it the notebook itself is replaced." };
        var command = new Command("publish", "Add pictures of the charts, which code hosts show, and take out what changes from run to run.") { path, target };
        command.SetAction((line, cancellation) =>
            PublishAsync(line.GetRequiredValue(path), line.GetValue(target) ?? line.GetRequiredValue(path), Chromium.Find(), output, error, cancellation));
        return command;
    }

    internal static async Task<int> PublishAsync(string path, string target, Chromium? browser, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (!File.Exists(path)) throw new UsageException($"There is no notebook {path}.");
        try
        {
            var notebook = NotebookDocument.Load(path);
            var published = await NotebookPublication.PublishAsync(notebook, new LabExtension().Scripts, browser, cancellation);
            notebook.Save(target);
            output.WriteLine($"{target}: {published.Pictures} pictures of charts added, {new FileInfo(target).Length:N0} bytes.");
            if (published.Removed is { } cell)
                output.WriteLine($"The cell that set parameters from outside was taken out; metadata.lab.parameters tells its values: {string.Join(' ', cell.Split('\n').Skip(1))}");
            if (published.Undrawn > 0)
                error.WriteLine($"{published.Undrawn} charts have no picture, so code hosts will not show them: there is no Chromium, Chrome or Edge on this machine. Install one and publish again.");
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is NotebookFormatException or PublicationException)
        {
            error.WriteLine(e.Message);
            return (int)RunStatus.BadNotebook;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"Nothing was published: {e.Message}");
            return ExitCode.NotWritten;
        }
    }
}
