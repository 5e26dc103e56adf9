using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kernel.Tests.Notebooks;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Running;

public sealed class NotebookRunnerTests : IDisposable
{
    private const string Forever = "await Task.Delay(-1, Notebook.Current.Cancellation);";
    private readonly TemporaryFolder folder = new();

    private string Input => Path.Combine(folder.Path, "test.ipynb");

    private string Output => Path.Combine(folder.Path, "executed.ipynb");

    private string Page => Path.Combine(folder.Path, "executed.html");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Cells_run_in_order_and_the_notebook_itself_is_untouched()
    {
        var run = await RunAsync(Markdown("# T"), Code("var a = 20; Console.WriteLine(\"hello\");"), Code("a *= 2;"), Code("a + 2"));
        Assert.Equal((RunStatus.Succeeded, 3, 3), (run.Status, run.CellsRun, run.Cells));

        var executed = NotebookDocument.Load(Output);
        Assert.Equal([null, 1, 2, 3], executed.Cells.Select(c => c.ExecutionCount));
        Assert.Equal("hello\n", MultilineText.Read(executed.Cells[1].Outputs[0]!["text"]));
        Assert.Equal("42", Shown(executed.Cells[3]));
        Assert.All(NotebookDocument.Load(Input).Cells, c => Assert.Null(c.ExecutionCount));
    }

    [Fact]
    public async Task The_executed_notebook_is_saved_after_every_cell()
    {
        var run = await RunAsync(Code("\"from the first cell\""), Code($"File.ReadAllText(@\"{Output}\").Contains(\"from the first cell\")"));
        Assert.Equal(RunStatus.Succeeded, run.Status);
        Assert.Equal("True", Shown(NotebookDocument.Load(Output).Cells[1]));
    }

    [Fact]
    public async Task The_first_error_is_stored_and_ends_the_run()
    {
        var last = Code("3");
        last["outputs"] = JsonNode.Parse("""[{"output_type": "stream", "name": "stdout", "text": "of an earlier run"}]""");
        var run = await RunAsync(Code("1"), Code("\n\nthrow new InvalidOperationException(\"no data\");"), last);
        Assert.Equal((RunStatus.CellFailed, 1, 3), (run.Status, run.CellsRun, run.Cells));
        Assert.StartsWith("Cell [2]: InvalidOperationException: no data", run.Message);
        Assert.Contains("Cell [2], line 3", run.Message);

        var executed = NotebookDocument.Load(Output);
        Assert.Equal("InvalidOperationException", executed.Cells[1].Outputs.Single()!["ename"]!.GetValue<string>());
        Assert.Null(executed.Cells[2].ExecutionCount);
        Assert.Empty(executed.Cells[2].Outputs);
        Assert.Contains("InvalidOperationException: no data", File.ReadAllText(Page));
    }

    [Fact]
    public async Task Tags_let_a_cell_raise_and_skip_a_cell()
    {
        var run = await RunAsync(Code("throw new Exception(\"shown\");", "raises-exception"), Code("throw new Exception();", "skip-execution"), Code(" "), Code("\"end\""));
        Assert.Equal((RunStatus.Succeeded, 2, 2), (run.Status, run.CellsRun, run.Cells));

        var executed = NotebookDocument.Load(Output);
        Assert.Equal("error", executed.Cells[0].Outputs.Single()!["output_type"]!.GetValue<string>());
        Assert.Null(executed.Cells[1].ExecutionCount);
        Assert.Equal("end", Shown(executed.Cells[3]));
    }

    [Fact]
    public async Task Parameters_are_injected_and_told_in_the_metadata()
    {
        var options = Options() with { Parameters = new Dictionary<string, string> { ["epochs"] = "10", ["profile"] = "full" } };
        var run = await RunAsync(options, Code("int epochs = 6; // 1..50\nstring profile = \"quick\";\nint? size = null;", "parameters"), Code("epochs = epochs + 0;"), Code("epochs * 2"));
        Assert.Equal(RunStatus.Succeeded, run.Status);

        var executed = NotebookDocument.Load(Output);
        Assert.Equal("20", Shown(executed.Cells[3]));
        var told = executed.Metadata["lab"]!;
        Assert.Equal("""{"epochs":10,"profile":"full","size":null}""", told["parameters"]!.ToJsonString());
        Assert.Equal("full", told["profile"]!.GetValue<string>());
        Assert.True(told["machine"]!["cores"]!.GetValue<int>() > 0);
        Assert.DoesNotContain(folder.Path, File.ReadAllText(Output));
    }

    [Fact]
    public async Task Every_cell_carries_its_times_as_nbclient_writes_them()
    {
        await RunAsync(Code("1"));
        var times = NotebookDocument.Load(Output).Cells[0].Metadata["execution"]!.AsObject();
        Assert.Equal(["iopub.execute_input", "iopub.status.busy", "iopub.status.idle", "shell.execute_reply"], times.Select(t => t.Key).Order());
        Assert.All(times, t => Assert.Matches(new Regex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"), t.Value!.GetValue<string>()));
    }

    [Theory]
    [InlineData("epoch", "1", "no parameter 'epoch'")]
    [InlineData("epochs", "x", "expects a value of type int")]
    public async Task A_parameter_that_does_not_fit_runs_and_writes_nothing(string name, string value, string reason)
    {
        var run = await RunAsync(Options() with { Parameters = new Dictionary<string, string> { [name] = value } }, Code("int epochs = 6;", "parameters"));
        Assert.Equal(RunStatus.BadNotebook, run.Status);
        Assert.Contains(reason, run.Message);
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public async Task A_file_that_is_no_notebook_is_told_as_such()
    {
        File.WriteAllText(Input, "<html>");
        var run = await NotebookRunner.RunAsync(Input, Options());
        Assert.Equal(RunStatus.BadNotebook, run.Status);
        Assert.Contains("not JSON", run.Message);
    }

    [Theory]
    [InlineData("Fails", RunStatus.ClaimFailed, "1 fail")]
    [InlineData("NotReproduced", RunStatus.Succeeded, "1 not reproduced")]
    public async Task Only_a_claim_that_fails_makes_the_run_fail(string verdict, RunStatus status, string claims)
    {
        var run = await RunAsync(
            Code($$"""
                class Table;
                Formatter.SetPreferredMimeTypesFor(typeof(Table), "{{ClaimCounts.MimeType}}");
                Formatter.Register<Table>((t, w) => w.Write("{\"claims\": [{\"name\": \"it learns\", \"verdict\": \"{{verdict}}\"}]}"), "{{ClaimCounts.MimeType}}");
                """),
            Code("new Table()"));
        Assert.Equal((status, claims, 2), (run.Status, run.Claims.ToString(), run.CellsRun));
        Assert.Contains($"claims: {claims}", File.ReadAllText(Page));
        Assert.Equal(status == RunStatus.ClaimFailed ? "Failed: it learns." : null, run.Message);
    }

    [Fact]
    public async Task A_display_is_updated_from_a_later_cell()
    {
        await RunAsync(Code("var bar = display(\"10 %\");"), Code("bar.Update(\"100 %\");"));
        var executed = NotebookDocument.Load(Output);
        Assert.Equal("100 %", Shown(executed.Cells[0]));
        Assert.Empty(executed.Cells[1].Outputs);
    }

    [Fact]
    public async Task The_time_limit_stops_a_cell_that_watches_its_cancellation()
    {
        var run = await RunAsync(Options() with { Timeout = TimeSpan.FromMilliseconds(1) }, Code(Forever), Code("2"));
        Assert.Equal((RunStatus.TimedOut, 0, false), (run.Status, run.CellsRun, run.CellStillRuns));
        var executed = NotebookDocument.Load(Output);
        Assert.Equal("TimeLimit", executed.Cells[0].Outputs[^1]!["ename"]!.GetValue<string>());
        Assert.Null(executed.Cells[1].ExecutionCount);
    }

    [Fact]
    public async Task The_limit_of_a_cell_stops_it_and_ends_the_run()
    {
        var run = await RunAsync(Options() with { CellTimeout = TimeSpan.FromSeconds(2) }, Code("1"), Code("await Task.Delay(1);"), Code(Forever), Code("4"));
        Assert.Equal((RunStatus.TimedOut, 2, "The time limit of a cell, 2 s, was reached."), (run.Status, run.CellsRun, run.Message));
        Assert.Equal("TimeLimit", NotebookDocument.Load(Output).Cells[2].Outputs[^1]!["ename"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_run_goes_on_behind_a_stopped_cell_where_that_is_allowed()
    {
        var options = Options() with { CellTimeout = TimeSpan.FromSeconds(2), AllowedErrors = ["TimeLimit"] };
        var run = await RunAsync(options, Code("1"), Code(Forever), Code("3"));
        Assert.Equal((RunStatus.Succeeded, 2, 1), (run.Status, run.CellsRun, run.CellsFailed));
        Assert.Equal("3", Shown(NotebookDocument.Load(Output).Cells[2]));
    }

    [Fact]
    public async Task The_limit_of_the_run_ends_it_also_where_errors_are_allowed()
    {
        var run = await RunAsync(Options() with { Timeout = TimeSpan.FromMilliseconds(1), AllowErrors = true }, Code(Forever), Code("2"));
        Assert.Equal(RunStatus.TimedOut, run.Status);
    }

    [Fact]
    public async Task The_memory_limit_stops_a_cell()
    {
        var run = await RunAsync(Options() with { MemoryLimit = 1 }, Code(Forever), Code("2"));
        Assert.Equal((RunStatus.OutOfMemory, 0), (run.Status, run.CellsRun));
        Assert.Equal("MemoryLimit", NotebookDocument.Load(Output).Cells[0].Outputs[^1]!["ename"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(true, "", RunStatus.Succeeded, 1)]
    [InlineData(false, "FormatException", RunStatus.Succeeded, 1)]
    [InlineData(false, "IOException", RunStatus.CellFailed, 0)]
    public async Task Errors_that_are_allowed_are_kept_and_the_run_goes_on(bool all, string name, RunStatus status, int failed)
    {
        var run = await RunAsync(Options() with { AllowErrors = all, AllowedErrors = [name] }, Code("int.Parse(\"x\")"), Code("2"));
        Assert.Equal((status, failed, failed), (run.Status, run.CellsFailed, run.CellsRun));
        Assert.Equal("FormatException", NotebookDocument.Load(Output).Cells[0].Outputs[^1]!["ename"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_lost_run_leaves_its_reason_in_the_cell_that_was_running()
    {
        await RunAsync(Code("1"), Markdown("x"), Code("2"));
        var lost = new NotebookRun("test", RunStatus.ProcessDied) { Message = "It died." };
        Assert.Equal((Output, Page), (LostRun.Record(Options(), [], folder.Path, 2, lost) is var run ? run.NotebookPath : null, run.PagePath));

        var executed = NotebookDocument.Load(Output);
        Assert.Equal("1", Shown(executed.Cells[0]));
        Assert.Equal("ProcessDied: It died.", executed.Cells[2].Outputs.Single() is var error ? $"{error!["ename"]}: {error["evalue"]}" : null);
        Assert.Contains("It died.", File.ReadAllText(Page));
    }

    [Fact]
    public async Task A_cell_that_ignores_its_cancellation_is_left_behind_and_told_so()
    {
        using var begun = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var interrupt = new CancellationTokenSource();
        AppContext.SetData("lab-test-begin", (Action)begun.Set);
        AppContext.SetData("lab-test-wait", (Action)(() => release.Wait()));
        File.WriteAllText(Input, Json(Code("((Action)AppContext.GetData(\"lab-test-begin\"))(); ((Action)AppContext.GetData(\"lab-test-wait\"))();")));

        var running = NotebookRunner.RunAsync(Input, Options() with { Grace = TimeSpan.FromMilliseconds(1) }, null, interrupt.Token);
        await Task.Run(begun.Wait);
        await interrupt.CancelAsync();
        var run = await running;
        release.Set();
        Assert.Equal((RunStatus.Interrupted, true), (run.Status, run.CellStillRuns));
        Assert.Contains("did not stop", NotebookDocument.Load(Output).Cells[0].Outputs[^1]!["evalue"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_interrupt_stops_the_running_cell_and_saves_what_was_done()
    {
        using var interrupt = new CancellationTokenSource();
        File.WriteAllText(Input, Json(Code("\"done\""), Code(Forever), Code("3")));
        var progress = new Watch(p =>
        {
            if (p is { Number: 2, Elapsed: null }) interrupt.Cancel();
        });
        var run = await NotebookRunner.RunAsync(Input, Options(), progress, interrupt.Token);
        Assert.Equal((RunStatus.Interrupted, 1), (run.Status, run.CellsRun));

        var executed = NotebookDocument.Load(Output);
        Assert.Equal("done", Shown(executed.Cells[0]));
        Assert.Equal("Interrupted", executed.Cells[1].Outputs[^1]!["ename"]!.GetValue<string>());
    }

    [Fact]
    public async Task Nothing_runs_when_the_executed_notebook_cannot_be_written()
    {
        var trace = Path.Combine(folder.Path, "ran");
        var run = await RunAsync(Options() with { NotebookPath = Path.Combine(folder.Path, "missing", "x.ipynb") }, Code($"File.WriteAllText(@\"{trace}\", \"\");"));
        Assert.Equal(RunStatus.OutputNotWritten, run.Status);
        Assert.False(File.Exists(trace));
    }

    [Fact]
    public async Task Every_notebook_has_a_session_of_its_own()
    {
        await RunAsync(Code("var leaked = 1;"));
        var run = await RunAsync(Code("leaked"));
        Assert.Equal(RunStatus.CellFailed, run.Status);
        Assert.Contains("CS0103", run.Message);
    }

    [Fact]
    public async Task Progress_tells_the_beginning_and_the_end_of_every_cell()
    {
        var told = new List<string>();
        File.WriteAllText(Input, Json(Code("// first\n1"), Code("2")));
        await NotebookRunner.RunAsync(Input, Options(), new Watch(p => told.Add($"{p.Number}/{p.Count} {p.Title} {(p.Elapsed is null ? "begins" : "ends")}")));
        Assert.Equal(["1/2 // first begins", "1/2 // first ends", "2/2 2 begins", "2/2 2 ends"], told);
    }

    private RunOptions Options() => new() { NotebookPath = Output, PagePath = Page };

    private Task<NotebookRun> RunAsync(params JsonObject[] cells) => RunAsync(Options(), cells);

    private Task<NotebookRun> RunAsync(RunOptions options, params JsonObject[] cells)
    {
        File.WriteAllText(Input, Json(cells));
        return NotebookRunner.RunAsync(Input, options);
    }

    private static string Shown(NotebookCell cell) => MultilineText.Read(cell.Outputs.Single()!["data"]!["text/plain"]);

    private sealed class Watch(Action<CellProgress> see) : IProgress<CellProgress>
    {
        public void Report(CellProgress value) => see(value);
    }
}
