using System.Runtime.InteropServices;

namespace Lab.Runtime;

/// <summary>
/// Lets libtorch's threads sleep while they wait for each other. OpenMP's default is to spin for milliseconds, which is of
/// no use to anyone where other processes want the cores, too: the thread that is waited for does not run, and a training
/// step of a small decoder takes over ten times longer.
/// </summary>
internal static partial class NativeThreads
{
    private const string Policy = "OMP_WAIT_POLICY";

    /// <summary>Acts on Linux, before OpenMP is loaded; what the user has set stays.</summary>
    public static void SleepWhileWaiting()
    {
        if (!OperatingSystem.IsLinux() || new[] { Policy, "GOMP_SPINCOUNT" }.Any(name => Environment.GetEnvironmentVariable(name) is not null)) return;
        _ = SetEnvironment(Policy, "passive", overwrite: 0); // .NET's own would not reach native code
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
