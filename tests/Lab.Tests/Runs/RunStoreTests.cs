using Lab.Runs;

namespace Lab.Tests.Runs;

public sealed class RunStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private RunStore Store => new(Path.Combine(folder, "deep", "runs.db"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_store_that_does_not_exist_yet_has_no_runs_and_is_not_made_by_looking()
    {
        Assert.Empty(Store.Runs());
        Assert.Empty(Store.Curves("a"));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Runs_come_back_as_they_were_the_oldest_first_with_their_curves_beside()
    {
        Store.Add(SomeRuns.Run("b", minute: 2));
        Store.Add(SomeRuns.Run("a", minute: 1, seed: 1) with { Message = "why \"not\"" });

        var runs = Store.Runs();
        Assert.Equal(["a", "b"], runs.Select(run => run.Id));
        Assert.Equal((SomeRuns.Run("a", minute: 1, seed: 1) with { Message = "why \"not\"" }).ToJson(withCurves: false).ToJsonString(), runs[0].ToJson(withCurves: false).ToJsonString());
        Assert.Empty(runs[0].Curves);
        Assert.Equal(CurvesJson.Write(SomeRuns.Run("a", seed: 1).Curves).ToJsonString(), CurvesJson.Write(Store.Curves("a")).ToJsonString());
        Assert.Equal(41, Store.Curves("a", "top-1 (%)").Single().Values.Single());
    }

    [Fact]
    public void A_run_that_is_kept_again_is_replaced_with_its_curves()
    {
        Store.Add(SomeRuns.Run("a"));
        Store.Add(SomeRuns.Run("a", status: "CellFailed") with { Curves = [] });
        Assert.Equal("CellFailed", Store.Runs().Single().Status);
        Assert.Empty(Store.Curves("a"));
    }

    [Fact]
    public void Processes_that_keep_runs_at_once_wait_for_each_other()
    {
        // Each call has a connection of its own, as each process would.
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Store.Add(SomeRuns.Run($"{i}")));
        Assert.Equal(40, Store.Runs().Count);
    }

    [Fact]
    public void A_file_of_another_kind_and_a_place_that_cannot_be_written_are_told()
    {
        var other = Path.Combine(folder, "other.db");
        File.WriteAllText(other, new string('x', 4096));
        Assert.Contains(other, Assert.Throws<IOException>(() => new RunStore(other).Add(SomeRuns.Run("a"))).Message);
        Assert.Contains("LAB_RUNS", Assert.Throws<IOException>(() => new RunStore(other).Runs()).Message);
        Assert.Equal(new string('x', 4096), File.ReadAllText(other));
        Assert.ThrowsAny<IOException>(() => new RunStore(Path.Combine(other, "below", "runs.db")).Add(SomeRuns.Run("a")));
    }
}
