using Lab.Runtime;

namespace Lab.Tests;

/// <summary>The start of a count of live tensors.</summary>
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
}
