using Lab.Runtime;

namespace Lab.Tests;

/// <summary>Counts of live tensors.</summary>
internal static class LiveTensors
{
    /// <summary>
    /// Live tensors once the garbage collector has taken those that earlier tests dropped without disposing them: they must
    /// not go in the middle of the count.
    /// </summary>
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return RuntimeReport.LiveTensorCount;
    }

    /// <summary>Fails if what is done again and again leaves a tensor, be it only to the garbage collector. The first time may make what is kept for later.</summary>
    public static void NothingStays(Action once)
    {
        once();
        var before = Settled();
        for (var i = 0; i < 3; i++) once();
        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }
}
