using System.CommandLine;
using Lab.Extensions;
using Lab.Kernel.Html;
using Lab.Kernel.Notebooks;

namespace Lab.Cli.Reporting;

/// <summary><c>lab report</c>: a board of all papers and what became of their claims, as static pages.</summary>
internal static class ReportCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var paths = new Argument<string[]>("path") { Description = "Executed notebooks, or folders with them: notebooks, and what lab run and lab sweep have written.", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<string>("--out") { Description = "Folder of the pages.", DefaultValueFactory = _ => "out/report" };
        var command = new Command("report", "Write a board of all papers: claims as reported and as measured, over seeds, with links to the executed notebooks.") { paths, folder };
        command.SetAction(line =>
        {
            var target = line.GetRequiredValue(folder);
            if (OutputFolders.Problem(target) is { } problem)
            {
                error.WriteLine($"The report cannot be written to {target}: {problem}");
                return ExitCode.NotWritten;
            }

            try
            {
                return Write(Board.Read(line.GetRequiredValue(paths).SelectMany(path => NotebookFile.Find(path, target)).Select(file => file.Path), error), target, output);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"The report could not be written: {e.Message}");
                return ExitCode.NotWritten;
            }
        });
        return command;
    }

    private static int Write(Board board, string target, TextWriter output)
    {
        var scripts = new LabExtension().Scripts;
        foreach (var result in board.Papers.SelectMany(paper => paper.Results))
            NotebookPage.Write(result.Notebook, scripts, result.NotebookFolder, Path.Combine(target, result.Page));

        var page = Path.Combine(target, "index.html");
        AtomicFile.Write(page, System.Text.Encoding.UTF8.GetBytes(BoardPage.Render(board)));
        output.WriteLine($"{board.Papers.Count(paper => paper.Results.Count > 0)} of {board.Papers.Count} papers, {board.Papers.Sum(paper => paper.Results.Sum(result => result.Runs.Count))} runs");
        output.WriteLine(page);
        return ExitCode.Ok;
    }
}
