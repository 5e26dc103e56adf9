using System.Diagnostics;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Lab.Cli;
using Lab.Cli.Sweeping;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Notebooks.Tests;

/// <summary>The command <c>lab sweep</c> on this machine.</summary>
public sealed class LabSweepTests : IDisposable
{
    private const string Parameters = "int seed = 0; // 0..9\ndouble lr = 0.1; // 0..1\nstring wait = \"\";";
    private const string Claim = """new Lab.Papers.Claims("toy", [new Lab.Papers.Claim("it learns", "90 %", [lr * 10 + seed], "points") { Required = 1 }])""";

    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_grid_has_all_combinations_and_the_last_parameter_changes_fastest()
    {
        var grid = ParameterGrid.Parse(["lr=1e-3,2e-3"], profile: "quick", seeds: 2);
        Assert.Equal(["profile=quick lr=1e-3 seed=0", "profile=quick lr=1e-3 seed=1", "profile=quick lr=2e-3 seed=0", "profile=quick lr=2e-3 seed=1"],
            ParameterGrid.Points(grid).Select(point => string.Join(' ', point.Select(value => $"{value.Key}={value.Value}"))));
        Assert.Empty(ParameterGrid.Points(ParameterGrid.Parse([], null, null)).Single());
    }

    [Theory]
    [InlineData("lr")]
    [InlineData("lr=")]
    [InlineData("lr=1,,2")]
    [InlineData("lr=1,1")]
    public void A_grid_with_missing_or_repeated_values_is_refused(string setting) => Assert.Throws<UsageException>(() => ParameterGrid.Parse([setting], null, null));

    [Theory]
    [InlineData(64, "--seeds", "0")]
    [InlineData(64, "--jobs", "0")]
    [InlineData(64, "--on", "moon")]
    [InlineData(64, "--gpus", "1")]
    [InlineData(4, "-p", "width=3")]
    [InlineData(4, "-p", "lr=0.1,fast")]
    [InlineData(4, "-p", "lr=0.1,7")]
    public async Task What_does_not_fit_is_told_before_anything_runs(int exitCode, string option, string value)
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        Assert.Equal(exitCode, await LabAsync("sweep", At("toy.ipynb"), "--out", At("sweep"), option, value));
        Assert.NotEmpty(error.ToString());
        Assert.False(File.Exists(At("sweep", "sweep.json")));
    }

    [Fact]
    public async Task A_sweep_leaves_runs_tables_and_a_page_and_goes_on_where_it_stood()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        Assert.Equal(5, await SweepAsync("lr=0.05,0.2", seeds: 1)); // 0.05 * 10 is less than the claim asks for
        Assert.Equal(["ClaimFailed", "Succeeded"], Results().Records.Select(record => record!.Status));
        Assert.Contains("it learns", Results().Records[0]!.Message);
        Assert.Equal(["index.html", "measures.arrow", "measures.csv", "runs.arrow", "runs.csv", "sweep.ipynb", "sweep.json", "sweep.lock", "sweep.log"], Directory.GetFiles(At("sweep")).Select(Path.GetFileName).Order());
        Assert.Contains("1 fail", File.ReadAllText(At("sweep", "runs.csv")));
        Assert.Equal(["0.05", "0.2"], File.ReadLines(At("sweep", "runs.csv")).Skip(1).Select(line => line.Split(',')[1]));
        Assert.Equal(2, await ArrowRowsAsync(At("sweep", "runs.arrow")));
        Assert.All(Results().Sweep.Runs, run => Assert.True(File.Exists(At("sweep", run.Folder, "toy.html"))));

        // One seed more: only what is new runs.
        Assert.Equal(5, await SweepAsync("lr=0.05,0.2", seeds: 2));
        Assert.Contains("2 of 4 runs are finished already", output.ToString());
        Assert.Equal(4, Results().Records.Count(record => record is not null));
        Assert.Equal([1, 1, 1, 1], Results().Sweep.Runs.Select(run => Log().Count(line => line.Contains($"begin {run.Folder}"))));
        Assert.Equal(4, RunStore.Default.Runs().Count(run => Results().Records.Any(record => record!.Id == run.Id)));
    }

    [Fact]
    public async Task A_run_that_failed_says_why_and_runs_again_and_code_that_changed_is_another_run()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, $"if (!File.Exists(@\"{At("there")}\")) throw new Exception(\"nothing there\");");
        Assert.Equal(1, await SweepAsync("lr=0.1", seeds: 1));
        Assert.Contains("nothing there", Results().Records[0]!.Message);
        Assert.Contains("nothing there", error.ToString());
        Assert.Contains("nothing there", File.ReadAllText(At("sweep", "runs.csv")));
        Assert.Contains("nothing there", File.ReadAllText(At("sweep", Results().Sweep.Runs[0].Folder, "log.txt")));

        File.WriteAllText(At("there"), "");
        Assert.Equal(0, await SweepAsync("lr=0.1", seeds: 1));
        var first = Results().Sweep.Runs[0];

        ToyNotebooks.Write(At("toy.ipynb"), Parameters, "2");
        Assert.Equal(0, await SweepAsync("lr=0.1", seeds: 1));
        Assert.NotEqual(first.Folder, Results().Sweep.Runs[0].Folder);
    }

    [Fact]
    public async Task Killed_in_the_middle_it_ends_with_the_table_of_an_unbroken_sweep_and_nothing_runs_twice()
    {
        foreach (var name in new[] { "toy", "doll" })
            ToyNotebooks.Write(At($"{name}.ipynb"), Parameters, "if (wait.Length > 0) while (!File.Exists(wait)) await Task.Delay(20, Notebook.Current.Cancellation);", Claim);
        string[] arguments = ["sweep", At("toy.ipynb"), At("doll.ipynb"), "-p", "lr=0.2,0.3", "-p", $"wait={At("go")}", "--seeds", "2", "--jobs", "2", "--out"];

        using (var sweep = Start([.. arguments, At("sweep")]))
        {
            // Two runs wait. One is let on and ends, then its successor's process is killed, then the sweep itself.
            await UntilAsync(() => File.Exists(At("sweep", "sweep.log")) && Log().Count(line => line.Contains(" begin ")) == 2);
            var workers = await WorkersAsync(sweep, 2);
            workers[0].Kill();
            await UntilAsync(() => Log().Any(line => line.EndsWith("ProcessDied")) && Log().Count(line => line.Contains(" begin ")) == 3);
            File.WriteAllText(At("go"), "");
            await UntilAsync(() => Log().Any(line => line.EndsWith("Succeeded")));
            workers = [.. Process.GetProcesses().Where(process => IsChild(process, sweep.Id))];
            sweep.Kill(); // SIGKILL
            await sweep.WaitForExitAsync();
            await UntilAsync(() => workers.All(worker => worker.HasExited)); // also one that was about to connect
        }

        Assert.Contains(SweepResults.Load(At("sweep")).Records, record => record is null);
        Assert.Equal(0, await LabAsync([.. arguments, At("sweep")]));
        Assert.Equal(0, await LabAsync([.. arguments, At("unbroken")]));
        Assert.Equal(Table(At("unbroken")), Table(At("sweep")));
        Assert.All(Results().Sweep.Runs, run => Assert.Single(Log(), line => line.EndsWith($"end {run.Folder} Succeeded")));
    }

    [Fact]
    public async Task Runs_that_end_at_once_lose_no_line_of_the_log()
    {
        // Each says that its notebook is not there, which takes no time.
        var place = new SweepFolder(At("sweep"));
        var runs = Enumerable.Range(0, 40).Select(i => new SweepRun($"runs/{i}", "../none.ipynb", "hash", new Dictionary<string, string>())).ToList();
        await Parallel.ForEachAsync(runs, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (run, _) =>
        {
            using var mine = place.TryLock(run);
            await place.ExecuteAsync(run, new RunOptions { NotebookPath = "" }, 1, new Progress<CellProgress>(), default);
        });
        Assert.Equal(80, Log().Count(line => line.Length > 0));
        Assert.All(runs, run => Assert.Single(Log(), line => line.EndsWith($" begin {run.Folder}")));
    }

    [Fact]
    public async Task A_second_sweep_in_the_folder_is_refused()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        using (new SweepFolder(At("sweep")) is var place && Directory.CreateDirectory(place.Path).Exists ? place.TryLock() : null)
            Assert.Equal(6, await SweepAsync("lr=0.2", seeds: 1));
        Assert.Contains("another sweep is at work", error.ToString());
        Assert.Equal(0, await SweepAsync("lr=0.2", seeds: 1)); // the lock has gone with its holder
    }

    [Fact]
    public async Task A_run_that_another_process_has_begun_is_left_to_it()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        var place = new SweepFolder(At("sweep"));
        var run = SweepPlan.Make([At("toy.ipynb")], ParameterGrid.Parse(["lr=0.2"], null, 1), place.Path).Runs.Single();
        using (place.TryLock(run)) Assert.Equal(130, await SweepAsync("lr=0.2", seeds: 1));
        Assert.Contains("is being run by another process", output.ToString());
        Assert.Null(Results().Records.Single());
    }

    [Fact]
    public async Task Nothing_runs_where_the_folder_cannot_be_written()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        File.WriteAllText(At("sweep"), "a file where the folder should be");
        Assert.Equal(6, await SweepAsync("lr=0.2", seeds: 1));
        Assert.Contains("Nothing was run", error.ToString());
    }

    [Fact]
    public async Task A_manifest_or_a_record_that_is_not_one_is_told()
    {
        ToyNotebooks.Write(At("toy.ipynb"), Parameters, Claim);
        Assert.Equal(0, await SweepAsync("lr=0.2", seeds: 1));
        File.WriteAllText(At("sweep", Results().Sweep.Runs[0].RecordPath), "{\"id\":");
        Assert.Throws<FormatException>(Results);
        Assert.Equal(70, await SweepAsync("lr=0.2", seeds: 1));
        Assert.Contains("run.json: Not the record of a run", error.ToString());
        File.WriteAllText(At("sweep", Sweep.FileName), "[]");
        Assert.Throws<FormatException>(() => Sweep.Load(At("sweep")));
        Assert.Throws<FileNotFoundException>(() => Sweep.Load(folder));
    }

    // Without the columns behind the folder's, which differ from one execution to the next.
    private static IEnumerable<string> Table(string sweep)
    {
        var runs = SweepResults.Load(sweep).Runs;
        return runs.Rows.Select(row => string.Join(" | ", row.Take(runs.Columns.IndexOf("folder") + 1))).Concat(File.ReadLines(Path.Combine(sweep, "measures.csv")));
    }

    private static async Task<int> ArrowRowsAsync(string path)
    {
        using var reader = new ArrowFileReader(File.OpenRead(path));
        using var batch = await reader.ReadNextRecordBatchAsync();
        Assert.IsType<DoubleArray>(batch.Column("lr"));
        return batch.Length;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), "It never came to that.");
    }

    // Children of the sweep, from /proc: only Linux has it, and only there the test kills one of them.
    private static async Task<List<Process>> WorkersAsync(Process sweep, int count)
    {
        List<Process> children = [];
        await UntilAsync(() => (children = [.. Process.GetProcesses().Where(process => IsChild(process, sweep.Id))]).Count == count);
        return children;
    }

    private static bool IsChild(Process process, int parent)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[^1].Split(' ')[1] == $"{parent}";
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }

    private static Process Start(string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [typeof(LabCommand).Assembly.Location, .. arguments]) { RedirectStandardOutput = true })!;

    private Task<int> SweepAsync(string setting, int seeds) => LabAsync("sweep", At("toy.ipynb"), "-p", setting, "--seeds", $"{seeds}", "--out", At("sweep"), "--jobs", "2");

    private SweepResults Results() => SweepResults.Load(At("sweep"));

    // Who writes a line into the log holds it for that moment, which also keeps readers out.
    private string[] Log()
    {
        FileStream? log = null;
        Assert.True(SpinWait.SpinUntil(() => (log = FileLock.Try(At("sweep", "sweep.log"))) is not null, TimeSpan.FromMinutes(1)), "The log was never free.");
        using var reader = new StreamReader(log!);
        return reader.ReadToEnd().Split('\n');
    }

    private Task<int> LabAsync(params string[] args) => LabCommand.RunAsync(args, output, error);

    private string At(params string[] parts) => Path.Combine([folder, .. parts]);
}
