using Lab.Training;

namespace Lab.Tests.Training;

public sealed class RunLogTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-runlog-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Lines => Path.Combine(folder, "log.jsonl");

    private static TrainingProgress At(long step, double loss = 0.5) =>
        new("run", step, 100, loss, 0.01, 64, TimeSpan.FromSeconds(2), new Dictionary<string, double> { ["accuracy"] = 0.25 });

    [Fact]
    public void A_line_is_a_json_object_with_every_number()
    {
        using (var log = new RunLog(folder, 0)) log.Write(At(10));
        Assert.Matches(
            """^\{"run":"run","step":10,"totalSteps":100,"loss":0\.5,"learningRate":0\.01,"samplesPerSecond":64,"seconds":2,"time":"[^"]+","metrics":\{"accuracy":0\.25\}\}\n$""",
            File.ReadAllText(Lines));
    }

    [Fact]
    public void Going_on_drops_reports_after_the_checkpoint_and_a_torn_last_line()
    {
        using (var log = new RunLog(folder, 0))
            foreach (var step in new[] { 10, 20, 30 }) log.Write(At(step));
        File.AppendAllText(Lines, "{\"run\":\"run\",\"ste");

        using (var log = new RunLog(folder, 20))
        {
            Assert.Equal([10, 20], log.PastProgress.Select(p => p.Step));
            Assert.Equal(0.25, log.PastProgress.First().Metrics["accuracy"]);
            log.Write(At(30, loss: double.NaN));
        }
        using var read = new RunLog(folder, 100);
        Assert.Equal([10, 20, 30], read.PastProgress.Select(p => p.Step));
        Assert.Equal(double.NaN, read.PastProgress.Last().Loss);
    }

    [Fact]
    public void Every_start_writes_an_event_file_of_its_own()
    {
        using (var log = new RunLog(folder, 0)) log.Write(At(10));
        var first = Assert.Single(Directory.GetFiles(folder, "events.out.tfevents.*"));
        var bytes = File.ReadAllBytes(first);
        using (var log = new RunLog(folder, 10)) log.Write(At(20));
        Assert.Equal(bytes, File.ReadAllBytes(first));
        Assert.Equal(2, Directory.GetFiles(folder, "events.out.tfevents.*").Length);
    }

    [Fact]
    public void A_file_that_is_no_log_is_refused_and_kept()
    {
        File.WriteAllText(Lines, "dear diary\n");
        Assert.Contains("not the log of a training run", Assert.Throws<InvalidDataException>(() => new RunLog(folder, 5)).Message);
        Assert.Equal("dear diary\n", File.ReadAllText(Lines));
    }
}
