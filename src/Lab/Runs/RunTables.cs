using System.Globalization;
using Lab.Metrics;
using Microsoft.Data.Analysis;

namespace Lab.Runs;

/// <summary>Runs as tables.</summary>
public static class RunTables
{
    /// <summary>One row per run: when, what, the parameters in which the runs differ, how it ended and what it ran on.</summary>
    public static DataFrame Runs(IReadOnlyList<RunRecord> runs) => new(
    [
        Text("started", runs.Select(run => run.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture))),
        Text("notebook", runs.Select(run => run.Notebook)),
        .. Differing(runs).Select(name => Text(name, runs.Select(run => run.Parameters.GetValueOrDefault(name)))),
        Text("status", runs.Select(run => run.Status)),
        Text("claims", runs.Select(run => run.ClaimCounts)),
        new DoubleDataFrameColumn("seconds", runs.Select(run => run.Seconds)),
        Text("commit", runs.Select(run => run.Environment.GetValueOrDefault("commit"))),
        Text("devices", runs.Select(run => run.Environment.GetValueOrDefault("devices"))),
        Text("id", runs.Select(run => run.ShortId)),
    ]);

    /// <summary>One row per claim, notebook and profile: its margins over the seeds of all runs. Of runs with the same parameters the last counts.</summary>
    public static DataFrame Claims(IReadOnlyList<RunRecord> runs)
    {
        var rows = Latest(runs).SelectMany(run => run.Claims?.Items ?? [], (run, claim) => (Run: run, Claim: claim)).Where(row => row.Claim.Margins.Count > 0)
            .GroupBy(row => (row.Run.Notebook, row.Run.Profile, row.Claim.Name))
            .Select(group => (group.Key, Last: group.MaxBy(row => row.Run.Started).Claim, Margins: Spread.Of([.. group.SelectMany(row => row.Claim.Margins)]), Runs: group.Count(), Held: group.Sum(row => row.Claim.SeedsHeld)))
            .ToList();
        return new DataFrame(
        [
            Text("notebook", rows.Select(row => row.Key.Notebook)),
            Text("profile", rows.Select(row => row.Key.Profile)),
            Text("claim", rows.Select(row => row.Key.Name)),
            Text("reported", rows.Select(row => row.Last.Reported)),
            new DoubleDataFrameColumn("mean", rows.Select(row => row.Margins.Mean)),
            new DoubleDataFrameColumn("deviation", rows.Select(row => row.Margins.Deviation)),
            Text("unit", rows.Select(row => row.Last.Unit)),
            Text("required", rows.Select(row => row.Last.Required?.ToString(CultureInfo.InvariantCulture))),
            Text("holds in", rows.Select(row => row.Last.Required is null ? "" : $"{row.Held} of {row.Margins.Count}")),
        ]);
    }

    /// <summary>Of runs of a notebook with the same parameters, the last that has claims.</summary>
    public static IEnumerable<RunRecord> Latest(IEnumerable<RunRecord> runs) => runs.Where(run => run.Claims is not null)
        .GroupBy(run => string.Join('\0', run.Parameters.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value}").Prepend(run.Notebook)))
        .Select(group => group.MaxBy(run => run.Started)!);

    /// <summary>Parameters in which runs differ, in the order of the first run that has them.</summary>
    public static IReadOnlyList<string> Differing(IReadOnlyList<RunRecord> runs) =>
    [
        .. runs.SelectMany(run => run.Parameters.Keys).Distinct()
            .Where(name => runs.Where(run => run.Parameters.ContainsKey(name)).Select(run => run.Parameters[name]).Distinct().Skip(1).Any()),
    ];

    private static StringDataFrameColumn Text(string name, IEnumerable<string?> values) => new(name, values);
}
