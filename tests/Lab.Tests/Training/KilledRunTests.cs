using System.Diagnostics;
using System.Security.Cryptography;
using Lab.Training;

namespace Lab.Tests.Training;

public sealed class KilledRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-killed-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_run_killed_in_the_middle_of_a_checkpoint_goes_on_to_the_weights_of_an_unbroken_run()
    {
        var unbroken = Path.Combine(folder, "unbroken");
        using (var run = Start(unbroken)) AssertDone(run);
        var size = new FileInfo(unbroken).Length;

        var killed = Path.Combine(folder, "killed");
        var caught = 0; // kills that left a half-written file
        while (caught < 3)
        {
            var last = File.GetLastWriteTimeUtc(killed);
            using var run = Start(killed);
            // One checkpoint is done, and of the next some bytes are there and the rest are not.
            while (!run.HasExited && (File.GetLastWriteTimeUtc(killed) == last || PartLength(killed) is not > 0))
                Thread.Yield();
            Assert.False(run.HasExited, "the run ended before it was caught writing");
            run.Kill(); // SIGKILL
            run.WaitForExit();
            if (PartLength(killed) is not { } part || part >= size) continue;
            caught++;
            Assert.Throws<SafetensorsException>(() => Safetensors.Load(killed + ".tmp"));
        }

        using (var file = Safetensors.Load(killed)) Assert.InRange(long.Parse(file.Metadata["step"]), 3, 11);
        using (var run = Start(killed)) AssertDone(run);
        Assert.Equal(SHA256.HashData(File.ReadAllBytes(unbroken)), SHA256.HashData(File.ReadAllBytes(killed)));
        Assert.False(File.Exists(killed + ".tmp"));
    }

    private static long? PartLength(string path)
    {
        var part = new FileInfo(path + ".tmp");
        return part.Exists ? part.Length : null;
    }

    private static Process Start(string checkpointPath)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true };
        foreach (var argument in new[] { typeof(KilledRun).Assembly.Location, KilledRun.Argument, checkpointPath }) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static void AssertDone(Process run)
    {
        var errors = run.StandardError.ReadToEnd();
        run.WaitForExit();
        Assert.True(run.ExitCode == 0, errors);
    }
}
