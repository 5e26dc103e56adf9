using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Kernel.Running;
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

    [Fact]
    public async Task A_session_is_kept_with_its_parameters_and_what_it_showed_last()
    {
        var extension = new LabExtension();
        await notebook.RunAsync(extension, "#!params\ndouble lr = 0.1; // 0..1: rate\nstring? name = null; // any");
        notebook.Set("lr", 0.25);
        notebook.Set("name", null, typeof(string));
        foreach (var value in new[] { 0.5, 2.0 }) ClaimsFormatter.ToJson(new("toy", [new Claim("it learns", "90 %", [value], "points") { Required = 1 }]), extension.Session);
        foreach (var end in new[] { 1, 2 })
            TrainingFormatter.ToJson(new("view", [new("net", end, 2, 0.5, 1, TimeSpan.Zero, null, [.. Enumerable.Range(1, end).Select(step => new StepValue(step, 1.0 / step))], new Dictionary<string, IReadOnlyList<StepValue>>())]), extension.Session);

        notebook.Displays.Clear();
        await notebook.RunAsync(extension, "#!runs --keep");
        Assert.Equal(1, Assert.IsType<DataFrame>(Assert.Single(notebook.Displays)).Rows.Count);
        var kept = Assert.Single(RunStore.Default.Runs());
        Assert.Equal(("toy", "Interactive"), (kept.Notebook, kept.Status)); // nothing else tells the name here
        Assert.Equal(new Dictionary<string, string> { ["lr"] = "0.25", ["name"] = "null" }, kept.Parameters);
        Assert.Equal([2.0], kept.Claims!.Items[0].Margins);
        Assert.Equal([1, 0.5], Assert.Single(RunStore.Default.Curves(kept.Id)).Values);
        Assert.Contains("torchsharp", kept.Environment.Keys);
        Assert.Equal(SourceCommit.Of(Environment.CurrentDirectory), kept.Environment.GetValueOrDefault("commit"));

        await notebook.RunAsync(extension, "#!runs --keep tuned");
        Assert.Equal(["toy", "tuned"], RunStore.Default.Runs().Select(run => run.Notebook).Order());
    }

    [Fact]
    public async Task A_session_without_a_name_asks_for_one()
    {
        Assert.Contains("#!runs --keep NAME", (await FailsAsync("#!runs --keep")).Message);
        Assert.Contains("#!runs --keep NAME", (await FailsAsync("#!runs --keep \"\"")).Message);
        Assert.Empty(RunStore.Default.Runs());
    }

    [Theory]
    [InlineData("#!runs --keep a b", "--keep takes a name and nothing else")]
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
