using Lab.Cli;

namespace Notebooks.Tests;

/// <summary>The command <c>lab run</c>, from its arguments to its exit code.</summary>
public sealed class LabRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    private string Out => Path.Combine(folder, "out");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task One_notebook_ends_with_its_executed_copy_and_its_page()
    {
        Write("a.ipynb", "1 + 1");
        Assert.Equal(0, await LabAsync("run", At("a.ipynb"), "--out", Out));
        Assert.Equal([At("out", "a.html"), At("out", "a.ipynb")], Directory.GetFiles(Out).Order());
        Assert.Contains(At("out", "a.ipynb"), output.ToString());
        Assert.Contains(At("out", "a.html"), output.ToString());
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task No_page_is_written_when_none_is_asked_for()
    {
        Write("a.ipynb", "1 + 1");
        Assert.Equal(0, await LabAsync("run", At("a.ipynb"), "--out", Out, "--no-html"));
        Assert.Equal([At("out", "a.ipynb")], Directory.GetFiles(Out));
    }

    [Fact]
    public async Task A_folder_runs_every_notebook_below_it_and_mirrors_their_places()
    {
        Write("x/b.ipynb", "2");
        Write("x/y/a.ipynb", "1");
        Write("x/.ipynb_checkpoints/a.ipynb", "throw new Exception();");
        Write("x/out/old.ipynb", "throw new Exception();");
        Assert.Equal(0, await LabAsync("run", At("x"), "--out", At("x", "out"), "--no-html"));
        Assert.True(File.Exists(At("x", "out", "b.ipynb")));
        Assert.True(File.Exists(At("x", "out", "y", "a.ipynb")));
        Assert.False(Directory.Exists(At("x", "out", "out")));
    }

    [Fact]
    public async Task The_worst_end_of_a_folder_decides_and_the_others_still_run()
    {
        Write("x/1.ipynb", "throw new Exception(\"broken\");");
        File.WriteAllText(At("x", "2.ipynb"), "not json");
        Write("x/3.ipynb", "3");
        Assert.Equal(4, await LabAsync("run", At("x"), "--out", Out));
        Assert.True(File.Exists(At("out", "3.html")));
        Assert.Contains("1: Cell [1]: Exception: broken", error.ToString());
        Assert.Contains("2: 2 is not a notebook", error.ToString());
    }

    [Theory]
    [InlineData("throw new Exception();", 1)]
    [InlineData("await Task.Delay(-1, Notebook.Current.Cancellation);", 2)]
    public async Task A_cell_error_and_a_time_out_have_codes_of_their_own(string code, int exitCode)
    {
        Write("a.ipynb", code);
        string[] limit = exitCode == 2 ? ["--timeout", "0.001"] : [];
        Assert.Equal(exitCode, await LabAsync(["run", At("a.ipynb"), "--out", Out, .. limit]));
    }

    [Theory]
    [InlineData("Required = 0.5", 0, "1 hold")]
    [InlineData("Required = 2", 5, "1 fail")]
    [InlineData("Required = 2, NotReproduced = \"too small\"", 0, "1 not reproduced")]
    public async Task A_claim_that_fails_has_a_code_of_its_own(string requirement, int exitCode, string told)
    {
        Write("a.ipynb", $$"""new Lab.Papers.Claims("a", [new Lab.Papers.Claim("it learns", "90 %", [1.0], "points") { {{requirement}} }])""");
        Assert.Equal(exitCode, await LabAsync("run", At("a.ipynb"), "--out", Out));
        Assert.Contains(told, output.ToString());
    }

    [Theory]
    [InlineData("-p", "epochs=2", 0)]
    [InlineData("-p", "epochs=ten", 4)]
    [InlineData("-p", "epoch=2", 4)]
    [InlineData("--profile", "full", 0)]
    [InlineData("--profile", "fast", 64)]
    [InlineData("-p", "epochs", 64)]
    [InlineData("--timeout", "0", 64)]
    [InlineData("--cell-timeout", "-1", 64)]
    [InlineData("--memory", "lots", 64)]
    [InlineData("--jobs", "0", 64)]
    [InlineData("--nonsense", "1", 64)]
    public async Task Options_are_checked_before_anything_runs(string option, string value, int exitCode)
    {
        Write("a.ipynb", "int epochs = 1;\nstring profile = \"quick\"; // quick | full", "parameters");
        Assert.Equal(exitCode, await LabAsync("run", At("a.ipynb"), "--out", Out, option, value));
        Assert.Equal(exitCode == 0, File.Exists(At("out", "a.ipynb")));
        Assert.Equal(exitCode == 0, error.ToString().Length == 0);
    }

    [Fact]
    public async Task A_parameter_set_twice_is_refused()
    {
        Write("a.ipynb", "string profile = \"quick\";", "parameters");
        Assert.Equal(64, await LabAsync("run", At("a.ipynb"), "--profile", "full", "-p", "profile=quick"));
        Assert.Contains("profile is set twice", error.ToString());
    }

    [Fact]
    public async Task Nothing_runs_when_the_results_cannot_be_written()
    {
        Write("a.ipynb", $"File.WriteAllText(@\"{At("ran")}\", \"\");");
        File.WriteAllText(Out, "a file where the folder should be");
        Assert.Equal(6, await LabAsync("run", At("a.ipynb"), "--out", Out));
        Assert.False(File.Exists(At("ran")));
        Assert.Contains("Nothing was run", error.ToString());
    }

    [Fact]
    public async Task A_notebook_is_never_replaced_by_its_results()
    {
        Write("a.ipynb", "1");
        Assert.Equal(64, await LabAsync("run", At("a.ipynb"), "--out", folder));
        Assert.Contains("would replace", error.ToString());
    }

    [Fact]
    public async Task A_missing_notebook_and_an_empty_folder_are_usage_errors()
    {
        Assert.Equal(64, await LabAsync("run", At("none.ipynb")));
        Assert.Equal(64, await LabAsync("run", folder));
        Assert.Contains("no notebook (*.ipynb)", error.ToString());
    }

    [Theory]
    [InlineData("Environment.Exit(0);", "ended with exit code 0")]
    [InlineData("Environment.FailFast(\"no\");", "aborted")]
    [InlineData("System.Diagnostics.Process.GetCurrentProcess().Kill();", "killed")]
    public async Task A_process_that_dies_in_a_cell_ends_its_notebook_alone(string code, string how)
    {
        Write("x/1.ipynb", code);
        Write("x/2.ipynb", "2");
        Assert.Equal(3, await LabAsync("run", At("x"), "--out", Out));
        Assert.Contains("Cell [1]: The process that ran the notebook died", error.ToString());
        Assert.Contains(how, error.ToString());
        Assert.Contains("ProcessDied", File.ReadAllText(At("out", "1.ipynb")));
        Assert.Contains("ProcessDied", File.ReadAllText(At("out", "1.html")));
        Assert.True(File.Exists(At("out", "2.html")));
    }

    [Fact]
    public async Task A_process_that_no_longer_listens_is_killed_when_it_is_far_beyond_its_memory()
    {
        Write("a.ipynb", "unsafe { while (true) { var p = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(20_000_000); for (var i = 0; i < 20_000_000; i += 4096) p[i] = 1; } }");
        Assert.Equal(7, await LabAsync("run", At("a.ipynb"), "--out", Out, "--memory", "600M"));
        Assert.Contains("OutOfMemory", File.ReadAllText(At("out", "a.ipynb")));
    }

    [Fact]
    public async Task A_process_whose_starter_has_gone_before_it_could_answer_ends()
    {
        Assert.Equal(64, await LabAsync("run-worker", $"lab-{Guid.NewGuid():N}"));
        Assert.Contains("has gone", error.ToString());
    }

    [Fact]
    public async Task The_process_of_a_notebook_has_one_native_heap()
    {
        Write("a.ipynb", """if (Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") != "1") throw new Exception("more");""");
        Assert.Equal(0, await LabAsync("run", At("a.ipynb"), "--out", Out, "--no-html"));
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task Jobs_run_notebooks_side_by_side()
    {
        // Each waits for the other: one after the other they would never end.
        for (var i = 0; i < 2; i++)
            Write($"x/{i}.ipynb", $$"""File.WriteAllText(@"{{At($"begun{i}")}}", ""); while (!File.Exists(@"{{At($"begun{1 - i}")}}")) await Task.Delay(20, Notebook.Current.Cancellation);""");
        Assert.Equal(0, await LabAsync("run", At("x"), "--out", Out, "--no-html", "--jobs", "2", "--timeout", "120"));
    }

    [Fact]
    public async Task Verify_tells_what_a_second_run_shows_differently()
    {
        Write("a.ipynb", "Console.WriteLine($\"took {Environment.TickCount64} ms\"); DateTime.UtcNow.Ticks");
        Assert.Equal(8, await LabAsync("run", At("a.ipynb"), "--out", Out, "--no-html", "--verify"));
        Assert.Contains("Cell [1]: output 2, text/plain, line 1: \"", error.ToString());
        Assert.True(File.Exists(At("out", "a.second.ipynb")));
    }

    [Fact]
    public async Task Verify_is_content_with_equal_runs_and_keeps_one()
    {
        Write("a.ipynb", "Console.WriteLine($\"took {Environment.TickCount64} ms\"); new Random(7).Next()");
        Assert.Equal(0, await LabAsync("run", At("a.ipynb"), "--out", Out, "--no-html", "--verify"));
        Assert.Equal([At("out", "a.ipynb")], Directory.GetFiles(Out));
    }

    [Theory]
    [InlineData("--allow-errors", "", 0)]
    [InlineData("--allow-error", "FormatException", 0)]
    [InlineData("--allow-error", "IOException", 1)]
    public async Task Errors_can_be_allowed(string option, string name, int exitCode)
    {
        Write("a.ipynb", "int.Parse(\"x\")");
        string[] value = name.Length > 0 ? [name] : [];
        Assert.Equal(exitCode, await LabAsync(["run", At("a.ipynb"), "--out", Out, "--no-html", option, .. value]));
        Assert.Equal(exitCode == 0, output.ToString().Contains("1 failed"));
    }

    [Theory]
    [InlineData("4G", 4L << 30)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("800m", 800L << 20)]
    [InlineData("4", null)]
    [InlineData("0G", null)]
    [InlineData("-1G", null)]
    [InlineData("much", null)]
    public void Memory_sizes_have_a_unit(string text, long? bytes)
    {
        if (bytes is { } expected) Assert.Equal(expected, MemorySize.Parse(text));
        else Assert.Throws<UsageException>(() => MemorySize.Parse(text));
    }

    private Task<int> LabAsync(params string[] args) => LabCommand.RunAsync(args, output, error);

    private string At(params string[] parts) => Path.Combine([folder, .. parts]);

    private void Write(string path, string code, params string[] tags) => ToyNotebooks.Write(At(path), ToyNotebooks.Cell("c1", code, tags));
}
