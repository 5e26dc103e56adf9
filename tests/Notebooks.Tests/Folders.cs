using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Notebooks.Tests;

/// <summary>What tests run is kept in a store of their own, not in the user's.</summary>
internal static class Folders
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test assembly is the application here.")]
    internal static void Initialize()
    {
        var folder = Directory.CreateTempSubdirectory("lab-test-runs-").FullName;
        Environment.SetEnvironmentVariable("LAB_RUNS", Path.Combine(folder, "runs.db"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
