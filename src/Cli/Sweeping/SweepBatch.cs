using Lab.Kernel.Running;
using Lab.Runs;
using Spectre.Console;

namespace Lab.Cli.Sweeping;

/// <summary>One call of <c>lab sweep</c>: runs what is not finished, then writes tables and a page, and sums up.</summary>
internal sealed class SweepBatch(SweepFolder folder, Sweep sweep, ISweepEngine engine, TextWriter output, TextWriter error)
{
    private readonly IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        using var interrupt = new Interruption(error);
        try
        {
            folder.Write(sweep);
            var open = sweep.Runs.Where(run => !folder.IsFinished(run)).ToList();
            if (open.Count < sweep.Runs.Count) output.WriteLine($"{sweep.Runs.Count - open.Count} of {sweep.Runs.Count} runs are finished already.");

            var view = new SweepView(console, sweep.Runs.Count - open.Count, sweep.Runs.Count);
            await view.ShowAsync(engine.RunAsync(open, view, interrupt.Token));
            return await FinishAsync(interrupt.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"The sweep stopped, because its results cannot be written: {e.Message} What is finished is kept; started again, the sweep goes on.");
            return ExitCode.NotWritten;
        }
        catch (Exception e) when (e is SlurmException or FormatException)
        {
            error.WriteLine(e.Message);
            return ExitCode.Unexpected;
        }
    }

    private async Task<int> FinishAsync(CancellationToken interrupt)
    {
        var results = SweepResults.Load(folder.Path);
        SweepTables.Write(results, folder);
        Keep(results);
        Sum(results);
        var page = await SweepPage.WriteAsync(results, folder, interrupt);
        if (page.Status == RunStatus.OutputNotWritten) throw new IOException(page.Message);
        if (page.Status == RunStatus.Succeeded) output.WriteLine(folder.At(SweepPage.FileName));
        else error.WriteLine($"The page of the sweep was not made: {page.Message}");
        return (int)ExitCode.Worst(results.Records.Select(record => record is null ? RunStatus.Interrupted : Enum.Parse<RunStatus>(record.Status)));
    }

    private void Keep(SweepResults results)
    {
        try
        {
            foreach (var record in results.Records.OfType<RunRecord>()) RunStore.Default.Add(record);
        }
        catch (IOException e)
        {
            error.WriteLine($"The runs are not kept in the run store: {e.Message}");
        }
    }

    private void Sum(SweepResults results)
    {
        var names = sweep.Parameters.Keys.ToList();
        var table = new Table().Border(TableBorder.Simple).AddColumns(["notebook", .. names, "result", "time", "claims"]);
        foreach (var (run, record) in sweep.Runs.Zip(results.Records))
            table.AddRow([.. new[] { run.Name }.Concat(names.Select(name => run.Parameters[name])).Concat([record?.Status ?? "not run", record is null ? "" : FormattableString.Invariant($"{record.Seconds:0.0} s"), record?.ClaimCounts ?? ""]).Select(text => new Spectre.Console.Text(text))]);
        console.Write(table);
        foreach (var (run, record) in sweep.Runs.Zip(results.Records).Where(run => run.Second?.Message is not null)) error.WriteLine($"{run.Folder}: {record!.Message}");
    }
}
