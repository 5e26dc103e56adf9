using System.Globalization;
using Lab.Kernel.Running;
using Spectre.Console;

namespace Lab.Cli;

/// <summary>The end of a run: a table, what went wrong, and where the results are.</summary>
internal static class RunSummary
{
    public static void Write(IReadOnlyList<NotebookRun> runs, IAnsiConsole console, TextWriter error)
    {
        var output = console.Profile.Out.Writer;
        output.WriteLine();
        var table = new Table().Border(TableBorder.Simple).AddColumns("notebook", "result", "cells", "time", "claims");
        foreach (var run in runs)
            table.AddRow(new Spectre.Console.Text(run.Name), Result(run.Status), new Spectre.Console.Text($"{run.CellsRun}/{run.Cells}{(run.CellsFailed > 0 ? $", {run.CellsFailed} failed" : "")}"), new Spectre.Console.Text(Seconds(run.Elapsed)), new Spectre.Console.Text(run.Claims.ToString()));
        console.Write(table);

        // Paths are written as they are: the console would break them at its width.
        foreach (var path in runs.SelectMany(r => new[] { r.NotebookPath, r.PagePath }).OfType<string>())
            output.WriteLine(path);
        output.Flush();

        foreach (var run in runs.Where(r => r.Message is not null))
            error.WriteLine($"{run.Name}: {run.Message}");
    }

    private static Spectre.Console.Text Result(RunStatus status) => status switch
    {
        RunStatus.Succeeded => new Spectre.Console.Text("ok", Color.Green),
        RunStatus.CellFailed => new Spectre.Console.Text("cell error", Color.Red),
        RunStatus.TimedOut => new Spectre.Console.Text("time-out", Color.Red),
        RunStatus.ProcessDied => new Spectre.Console.Text("died", Color.Red),
        RunStatus.OutOfMemory => new Spectre.Console.Text("out of memory", Color.Red),
        RunStatus.NotReproducible => new Spectre.Console.Text("not reproducible", Color.Red),
        RunStatus.BadNotebook => new Spectre.Console.Text("bad notebook", Color.Red),
        RunStatus.ClaimFailed => new Spectre.Console.Text("claim failed", Color.Red),
        RunStatus.OutputNotWritten => new Spectre.Console.Text("not written", Color.Red),
        RunStatus.Interrupted => new Spectre.Console.Text("interrupted", Color.Yellow),
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
