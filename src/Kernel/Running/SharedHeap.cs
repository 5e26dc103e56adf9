namespace Lab.Kernel.Running;

/// <summary>
/// A variable for the environment of a process that runs cells: glibc then has one heap for all threads. Its further heaps,
/// one per group of threads, hold no block over 64 MB, so that every tensor beyond goes back to the system when freed and
/// costs new pages the next time. glibc reads it when a process starts; other C libraries do not know it.
/// </summary>
public static class SharedHeap
{
    /// <summary>Its name.</summary>
    public const string Variable = "MALLOC_ARENA_MAX";

    /// <summary>One heap.</summary>
    public const string Value = "1";
}
