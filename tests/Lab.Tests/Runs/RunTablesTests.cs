using Lab.Runs;

namespace Lab.Tests.Runs;

public sealed class RunTablesTests
{
    [Fact]
    public void The_table_of_runs_has_columns_for_the_parameters_that_differ()
    {
        var table = RunTables.Runs([SomeRuns.Run("a", lr: 0.1), SomeRuns.Run("b", lr: 0.2)]);
        Assert.Equal(["started", "notebook", "lr", "status", "claims", "seconds", "commit", "devices", "id"], table.Columns.Select(column => column.Name));
        Assert.Equal("0.2", table["lr"][1]);
    }

    [Fact]
    public void Claims_are_taken_over_seeds_and_a_repeated_run_counts_once()
    {
        var table = RunTables.Claims([SomeRuns.Run("a", seed: 0, margin: 9, minute: 1), SomeRuns.Run("b", seed: 0, margin: 1, minute: 2), SomeRuns.Run("c", seed: 1, margin: 3, minute: 3), SomeRuns.Run("d", seed: 2, margin: 0, minute: 4)]);
        Assert.Equal("it learns", table["claim"][0]);
        Assert.Equal(4.0 / 3, (double)table["mean"][0], 12);
        Assert.Equal("2 of 3", table["holds in"][0]);
        Assert.Equal("", table["holds in"][1]); // reported only
    }

    [Fact]
    public void A_sweep_has_a_row_per_run_and_its_measures_a_row_per_number()
    {
        var results = Results();
        Assert.Equal(["notebook", "lr", "seed", "status"], results.Runs.Columns.Take(4).Select(column => column.Name));
        Assert.Equal(["Succeeded", "Succeeded", "Succeeded", "not run"], results.Runs["status"].Cast<string>());
        Assert.Equal(0.1, results.Runs["lr"][0]); // a number where all values are
        Assert.Equal(3 * 4, results.Measures.Rows.Count); // two claims and the ends of two curves
        Assert.Equal(["it learns", "it is fast", "toy, seed 0: loss", "toy, seed 0: top-1 (%)"], results.Measures["name"].Cast<string>().Take(4));
    }

    [Fact]
    public void The_summary_of_a_sweep_is_over_the_seeds_of_a_setting()
    {
        var summary = Results().Summary;
        Assert.Equal(["lr = 0.1", "lr = 0.1", "lr = 0.2", "lr = 0.2"], summary["setting"].Cast<string>());
        Assert.Equal(3.0, summary["mean"][0]);
        Assert.Equal("1 of 2", summary["holds in"][0]);
        Assert.Equal(4, Results().SummaryOf("toy").Rows.Count);
        Assert.Equal(0, Results().SummaryOf("doll").Rows.Count);
    }

    [Fact]
    public void Charts_of_a_sweep_show_a_line_per_run_and_a_box_per_setting()
    {
        var results = Results();
        Assert.Equal(3, Plotly.NET.GenericChart.getTraces(SweepCharts.ParallelCoordinates(results, "toy")).Count());
        Assert.Equal(2, SweepCharts.Boxes(results, "toy").Count);
        Assert.Contains("toy", Assert.Throws<ArgumentException>(() => SweepCharts.Boxes(results, "doll")).Message);
    }

    private static SweepResults Results()
    {
        SweepRun Run(string lr, string seed) => new($"runs/{lr}-{seed}", "../toy.ipynb", "hash", new Dictionary<string, string> { ["lr"] = lr, ["seed"] = seed });
        var sweep = new Sweep(new Dictionary<string, IReadOnlyList<string>> { ["lr"] = ["0.1", "0.2"], ["seed"] = ["0", "1"] }, [Run("0.1", "0"), Run("0.1", "1"), Run("0.2", "0"), Run("0.2", "1")]);
        return new SweepResults(sweep, [SomeRuns.Run("a", margin: 6), SomeRuns.Run("b", seed: 1, margin: 0), SomeRuns.Run("c", lr: 0.2), null]);
    }
}
