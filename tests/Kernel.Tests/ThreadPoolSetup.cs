using System.Runtime.CompilerServices;

namespace Kernel.Tests;

internal static class ThreadPoolSetup
{
    // Cells under test block or spin on the pool's threads, and on a busy machine the pool adds no others by itself.
    [ModuleInitializer]
    public static void Widen() => ThreadPool.SetMinThreads(64, 64);
}
