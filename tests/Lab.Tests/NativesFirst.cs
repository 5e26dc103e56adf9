using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CsCheck;
using Lab.Runtime;
using TorchSharp;

namespace Lab.Tests;

/// <summary>Tests may touch TorchSharp before any type of Lab; the natives must be there by then.</summary>
internal static class NativesFirst
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly is the application here.")]
    internal static void Initialize()
    {
        Assert.NotEmpty(NativeTorch.Source);

        // The tests' tensors are tiny. Where other processes keep the cores busy, a second thread would make each operation
        // wait for the scheduler: milliseconds instead of microseconds.
        torch.set_num_threads(1);

        // A Scalar of TorchSharp may be freed while the native call that takes it still runs, if another thread's garbage
        // is collected just then.
        Check.Threads = 1;
    }
}
