using System.Globalization;
using static TorchSharp.torch;

namespace Lab.Tests.Runtime;

public sealed class NativeHeapTests
{
    private const int Bytes = 32 << 20;

    [Fact]
    public void A_tensor_of_megabytes_takes_the_pages_of_the_one_freed_before_it()
    {
        if (!OperatingSystem.IsLinux()) return; // glibc alone is tuned
        for (var i = 0; i < 10; i++) Fill(); // glibc keeps the first few blocks' rests for itself: the heap grows until it has enough of them
        var before = PageFaults();
        for (var i = 0; i < 10; i++) Fill();
        var pages = Bytes / Environment.SystemPageSize;
        Assert.InRange(PageFaults() - before, 0, pages); // without: 10 times as many
    }

    private static void Fill() => ones(Bytes / sizeof(float)).Dispose();

    // Field 10 of /proc/self/stat: faults that needed no disk. The name before may hold spaces, but ends with the last bracket.
    private static long PageFaults()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
