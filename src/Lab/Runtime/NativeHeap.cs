using System.Runtime.InteropServices;

namespace Lab.Runtime;

/// <summary>
/// Lets the C library keep freed memory for the next tensor. By default glibc gives large blocks back to the system at
/// once, and every operation pays for new pages that the system clears first: half of the time of a training step of
/// CCT-7/3x1 on the CPU.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1, MostMaps = -4; // M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h

    /// <summary>Acts where the C library is glibc, and nowhere else.</summary>
    public static void KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out var library) || !NativeLibrary.TryGetExport(library, "mallopt", out _)) return;
        _ = SetMallocOption(MostMaps, 0);
        _ = SetMallocOption(TrimThreshold, int.MaxValue); // what is free beyond 2 GiB still goes back
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
