using System.Diagnostics;
using System.Globalization;
using Lab.Kernel.Running;
using Lab.Runs;
using Spectre.Console;

namespace Lab.Cli.Sweeping;

/// <summary>How a sweep goes: on a terminal a table of what is at work, in a log a line when a run begins and when it ends.</summary>
internal sealed class SweepView(IAnsiConsole console, int finished, int total)
{
    private const int LongestDoing = 48;
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(0.5);

    private readonly TextWriter output = console.Profile.Out.Writer;
    private readonly bool isLive = console.Profile.Out.IsTerminal && Environment.GetEnvironmentVariable("CI") is null;
    private readonly Lock gate = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Dictionary<SweepRun, State> states = [];
    private int ended, failed;

    private sealed record State(TimeSpan Begin, string Doing);

    /// <summary>Shows the sweep while work goes on.</summary>
    public async Task ShowAsync(Task work)
    {
        if (isLive)
            await console.Live(Render()).AutoClear(true).StartAsync(async context =>
            {
                while (await Task.WhenAny(work, Task.Delay(pause)) != work) context.UpdateTarget(Render());
            });
        await work;
    }

    public void Begin(SweepRun run) => Change(run, new State(clock.Elapsed, "starts"), "begins");

    /// <summary>Tells something about a run in a few words; the same words again tell nothing.</summary>
    public void Note(SweepRun run, string words)
    {
        lock (gate)
            if (states.TryGetValue(run, out var state) && state.Doing == words) return;
        Change(run, new State(clock.Elapsed, words), words);
    }

    public IProgress<CellProgress> Progress(SweepRun run) => new CellReport(cell =>
    {
        lock (gate)
            if (cell.Elapsed is null && states.TryGetValue(run, out var state)) states[run] = state with { Doing = $"[{cell.Number}/{cell.Count}] {cell.Title}" };
    });

    public void End(SweepRun run, RunRecord record)
    {
        lock (gate)
        {
            states.Remove(run);
            ended++;
            if (record.Status != nameof(RunStatus.Succeeded)) failed++;
        }

        Line(run, $"{record.Status}, {Seconds(TimeSpan.FromSeconds(record.Seconds))}{(record.Message is null ? "" : $": {record.Message.Split('\n')[0]}")}");
    }

    private void Change(SweepRun run, State state, string words)
    {
        lock (gate) states[run] = state;
        Line(run, words);
    }

    private void Line(SweepRun run, string words)
    {
        if (isLive) return;
        lock (gate)
        {
            output.WriteLine($"{finished + ended}/{total}  {Title(run)}: {words}");
            output.Flush();
        }
    }

    private Table Render()
    {
        lock (gate)
        {
            var left = total - finished - ended;
            var time = ended > 0 && left > 0 ? $", about {Seconds(clock.Elapsed / ended * left)} left" : "";
            var table = new Table().Border(TableBorder.Simple).AddColumns(new TableColumn("run").NoWrap(), new TableColumn("doing").NoWrap(), new TableColumn("time").NoWrap()).Caption($"{finished + ended} of {total} done, {failed} failed, {states.Count} at work{time}");
            foreach (var (run, state) in states)
                table.AddRow(new Spectre.Console.Text(Title(run)), new Spectre.Console.Text(state.Doing.Length <= LongestDoing ? state.Doing : $"{state.Doing[..(LongestDoing - 1)]}…"), new Spectre.Console.Text(Seconds(clock.Elapsed - state.Begin)));
            return table;
        }
    }

    private static string Title(SweepRun run) => string.Join(' ', run.Parameters.Select(value => $"{value.Key}={value.Value}").Prepend(run.Name));

    private static string Seconds(TimeSpan time) => time.TotalMinutes < 2
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min");

    private sealed class CellReport(Action<CellProgress> show) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => show(value);
    }
}
