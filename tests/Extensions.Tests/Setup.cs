using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Lab.Runtime;

// The registry of formatters, the live tensor count and libtorch's random generator belong to the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Lab.Extensions.Tests;

/// <summary>What a host does before the first cell: natives first, then the extension.</summary>
internal static class Setup
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly is the application here.")]
    internal static void Initialize()
    {
        Assert.NotEmpty(NativeTorch.Source);
        new LabExtension().Load();
    }

    /// <summary>The count without what earlier tests left to the garbage collector.</summary>
    public static long LiveTensorsAfterCollection()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return RuntimeReport.LiveTensorCount;
    }
}
