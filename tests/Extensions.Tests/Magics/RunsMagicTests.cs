using Lab.Abstractions;
using Lab.Papers;
using Lab.Runs;
using Microsoft.Data.Analysis;
using Plotly.NET;

namespace Lab.Extensions.Tests.Magics;

public sealed class RunsMagicTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly string? before = Environment.GetEnvironmentVariable("LAB_RUNS");
    private readonly FakeNotebook notebook = new();

    public RunsMagicTests() => Environment.SetEnvironmentVariable("LAB_RUNS", Path.Combine(folder, "runs.db"));

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("LAB_RUNS", before);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_empty_store_says_who_fills_it() => Assert.Contains("lab run and lab sweep", (await FailsAsync("#!runs")).Message);

    [Fact]
    public async Task Runs_are_shown_the_last_first_where_they_meet_all_conditions()
    {
        Keep();
        var table = await ShowsAsync<DataFrame>("#!runs notebook=toy lr>0.1 --last 2");
        Assert.Equal(["c", "b"], table["id"].Cast<string>());
        Assert.Equal(["0.3", "0.2"], table["lr"].Cast<string>());
    }

    [Fact]
    public async Task Claims_are_shown_over_runs()
    {
        Keep();
        Assert.Equal("3 of 3", (await ShowsAsync<DataFrame>("#!runs notebook=toy --claims"))["holds in"][0]);
    }

    [Fact]
    public async Task Curves_of_runs_lie_over_each_other_and_tell_how_they_differ()
    {
        Keep();
        Assert.Contains("toy, lr = 0.3", GenericChart.toFigureJson(await ShowsAsync<GenericChart>("#!runs notebook=toy --curves")));
        Assert.Contains("top-1 (%)", GenericChart.toFigureJson(await ShowsAsync<GenericChart>("#!runs notebook=toy --curves \"top-1 (%)\"")));
    }

    [Theory]
    [InlineData("#!runs toy", "'toy' is no condition")]
    [InlineData("#!runs --last none", "--last expects")]
    [InlineData("#!runs --sort", "Usage: ")]
    [InlineData("#!runs lr=7", "None of the 4 runs")]
    [InlineData("#!runs --curves accuracy", "There are: loss, top-1 (%)")]
    [InlineData("#!runs --curves \"top", "not closed")]
    public async Task Wrong_use_says_what_is_right(string cell, string told)
    {
        Keep();
        Assert.Contains(told, (await FailsAsync(cell)).Message);
    }

    private static void Keep()
    {
        for (var i = 1; i <= 4; i++)
            RunStore.Default.Add(new RunRecord($"{(char)('a' + i - 1)}", i == 4 ? "doll" : "toy", "Succeeded", DateTimeOffset.UnixEpoch.AddHours(i), i,
                new Dictionary<string, string> { ["lr"] = $"0.{i}" }, new Dictionary<string, string> { ["commit"] = "abc" })
            {
                Claims = new Claims("toy", [new Claim("it learns", "90 %", [i], "points") { Required = 1 }]),
                Curves = [new Curve("toy", Curve.Loss, [1, 2], [2, 1]), new Curve("toy", "top-1 (%)", [2], [50])],
            });
    }

    private async Task<T> ShowsAsync<T>(string cell)
    {
        notebook.Displays.Clear();
        await notebook.RunAsync(new LabExtension(), cell);
        return Assert.IsType<T>(Assert.Single(notebook.Displays), exactMatch: false);
    }

    private async Task<MagicException> FailsAsync(string cell) => await Assert.ThrowsAsync<MagicException>(() => notebook.RunAsync(new LabExtension(), cell));
}
