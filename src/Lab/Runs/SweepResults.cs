using System.Globalization;
using Lab.Metrics;
using Microsoft.Data.Analysis;

namespace Lab.Runs;

/// <summary>A sweep with what became of its runs, as tables.</summary>
/// <param name="Sweep">What was asked for.</param>
/// <param name="Records">One per run of the sweep; null where the run has not ended yet.</param>
public sealed record SweepResults(Sweep Sweep, IReadOnlyList<RunRecord?> Records)
{
    /// <summary>Reads the manifest and the records of the runs that have ended.</summary>
    /// <param name="folder">The sweep's.</param>
    /// <exception cref="FileNotFoundException">There is no sweep.</exception>
    /// <exception cref="FormatException">The manifest or a record is not one.</exception>
    public static SweepResults Load(string folder)
    {
        var sweep = Sweep.Load(folder);
        return new SweepResults(sweep, [.. sweep.Runs.Select(run => RecordOf(folder, run))]);
    }

    /// <summary>The record of a run; null where it has not ended yet.</summary>
    /// <exception cref="FormatException">The file is not a record.</exception>
    public static RunRecord? RecordOf(string folder, SweepRun run)
    {
        var path = Path.Combine(folder, run.RecordPath);
        if (!File.Exists(path)) return null;
        try
        {
            return RunRecord.Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message} Delete it, and the run is made again.", e);
        }
    }

    /// <summary>Notebooks by name, in their order.</summary>
    public IReadOnlyList<string> Notebooks => [.. Sweep.Runs.Select(run => run.Name).Distinct()];

    /// <summary>Those of <see cref="Notebooks"/> of which a run is over and has claims.</summary>
    public IReadOnlyList<string> Measured => [.. Sweep.Runs.Zip(Records).Where(run => run.Second?.Claims is not null).Select(run => run.First.Name).Distinct()];

    /// <summary>One row per run: its parameters, how it ended, its claims, and, last, what differs from one execution to the next.</summary>
    public DataFrame Runs => new(
    [
        Text("notebook", Sweep.Runs.Select(run => run.Name)),
        .. Sweep.Parameters.Keys.Select(name => Parameter(name, Sweep.Runs)),
        Text("status", Records.Select(record => record?.Status ?? "not run")),
        Text("claims", Records.Select(record => record?.ClaimCounts)),
        Text("message", Records.Select(record => record?.Message)),
        Text("folder", Sweep.Runs.Select(run => run.Folder)),
        Number("seconds", Records.Select(record => record?.Seconds)),
        Text("started", Records.Select(record => record?.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))),
        Text("commit", Records.Select(record => record?.Environment.GetValueOrDefault("commit"))),
        Text("devices", Records.Select(record => record?.Environment.GetValueOrDefault("devices"))),
    ]);

    /// <summary>
    /// One row per number that a run gave: the margin of a claim in each of its seeds, and the last value of each curve of
    /// its trainings, each with the run's parameters, so that any tool can group them.
    /// </summary>
    public DataFrame Measures
    {
        get
        {
            var rows = Sweep.Runs.Zip(Records).Where(run => run.Second is not null).SelectMany(run => MeasuresOf(run.Second!), (run, measure) => (Run: run.First, Measure: measure)).ToList();
            return new DataFrame(
            [
                Text("notebook", rows.Select(row => row.Run.Name)),
                .. Sweep.Parameters.Keys.Select(name => Parameter(name, rows.Select(row => row.Run))),
                Text("kind", rows.Select(row => row.Measure.Kind)),
                Text("name", rows.Select(row => row.Measure.Name)),
                Number("value", rows.Select(row => (double?)row.Measure.Value)),
                Text("unit", rows.Select(row => row.Measure.Unit)),
                Number("required", rows.Select(row => row.Measure.Required)),
                Text("folder", rows.Select(row => row.Run.Folder)),
            ]);
        }
    }

    /// <summary>The rows of <see cref="Summary"/> for one notebook.</summary>
    public DataFrame SummaryOf(string notebook) => Summary.Filter(Summary["notebook"].ElementwiseEquals(notebook));

    /// <summary>One row per claim and setting of the parameters: mean and standard deviation of its margins over the seeds, and in how many it holds.</summary>
    public DataFrame Summary
    {
        get
        {
            var claims = from run in Sweep.Runs.Zip(Records)
                         from claim in run.Second?.Claims?.Items ?? []
                         from margin in claim.Margins
                         group (Claim: claim, Margin: margin) by (Notebook: run.First.Name, Setting: Setting(run.First), claim.Name);
            var rows = claims.Select(group => (group.Key, group.First().Claim, Margins: Spread.Of([.. group.Select(item => item.Margin)]), Held: group.Count(item => item.Margin >= item.Claim.Required))).ToList();
            return new DataFrame(
            [
                Text("notebook", rows.Select(row => row.Key.Notebook)),
                Text("setting", rows.Select(row => row.Key.Setting)),
                Text("claim", rows.Select(row => row.Key.Name)),
                Number("mean", rows.Select(row => (double?)row.Margins.Mean)),
                Number("deviation", rows.Select(row => (double?)row.Margins.Deviation)),
                Text("unit", rows.Select(row => row.Claim.Unit)),
                Number("required", rows.Select(row => row.Claim.Required)),
                Text("holds in", rows.Select(row => row.Claim.Required is null ? "" : $"{row.Held} of {row.Margins.Count}")),
            ]);
        }
    }

    /// <summary>The parameters of a run that differ in the sweep, the seed apart.</summary>
    public string Setting(SweepRun run)
    {
        var differing = Sweep.Parameters.Where(parameter => parameter.Key != "seed" && parameter.Value.Count > 1).Select(parameter => $"{parameter.Key} = {run.Parameters[parameter.Key]}").ToList();
        return differing.Count > 0 ? string.Join(", ", differing) : "all seeds";
    }

    /// <summary>The numbers that a run gave.</summary>
    public static IEnumerable<Measure> MeasuresOf(RunRecord record) =>
    [
        .. from claim in record.Claims?.Items ?? [] from margin in claim.Margins select new Measure("claim", claim.Name, margin, claim.Unit, claim.Required),
        .. from curve in record.Curves where curve.Values.Count > 0 select new Measure("training", $"{curve.Training}: {curve.Metric}", curve.Values[^1], null, null),
    ];

    private static DataFrameColumn Parameter(string name, IEnumerable<SweepRun> runs)
    {
        var texts = runs.Select(run => run.Parameters[name]).ToList();
        var numbers = texts.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : (double?)null).ToList();
        return numbers.All(number => number is not null) ? Number(name, numbers) : Text(name, texts);
    }

    private static StringDataFrameColumn Text(string name, IEnumerable<string?> values) => new(name, values);

    private static DoubleDataFrameColumn Number(string name, IEnumerable<double?> values) => new(name, values);
}

/// <summary>A number that a run gave.</summary>
/// <param name="Kind"><c>claim</c>, the margin of a claim in one seed, or <c>training</c>, the last value of a curve.</param>
/// <param name="Name">Of the claim, or of the training and its metric.</param>
/// <param name="Value">May be no number.</param>
/// <param name="Unit">Of a claim's margin.</param>
/// <param name="Required">The margin a claim must reach.</param>
public sealed record Measure(string Kind, string Name, double Value, string? Unit, double? Required);
