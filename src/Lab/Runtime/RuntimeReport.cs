using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>What the process runs on and what it holds.</summary>
/// <param name="LabVersion">Version of this library.</param>
/// <param name="DotNet">Version of .NET.</param>
/// <param name="TorchSharp">Version of the TorchSharp package.</param>
/// <param name="Libtorch">Version of libtorch that TorchSharp was built for.</param>
/// <param name="LibtorchSource">Where the loaded libtorch came from.</param>
/// <param name="Devices">CPU first, then CUDA devices by number.</param>
/// <param name="Threads">Threads libtorch uses inside one operation.</param>
/// <param name="LiveTensors">Tensors that were created and not yet disposed.</param>
/// <param name="WorkingSetBytes">Physical memory of the process.</param>
/// <param name="ManagedBytes">Memory of .NET objects.</param>
public sealed record RuntimeReport(
    string LabVersion, string DotNet, string TorchSharp, string Libtorch, string LibtorchSource,
    IReadOnlyList<string> Devices, int Threads, long LiveTensors, long WorkingSetBytes, long ManagedBytes)
{
    /// <summary>The state at this moment.</summary>
    public static RuntimeReport Now() => new(
        VersionOf(typeof(RuntimeReport).Assembly), Environment.Version.ToString(), VersionOf(typeof(torch).Assembly), __version__, NativeTorch.Source,
        [$"cpu ({Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture})", .. Enumerable.Range(0, cuda.is_available() ? cuda.device_count() : 0).Select(i => $"cuda:{i}")],
        get_num_threads(), LiveTensorCount, Environment.WorkingSet, GC.GetTotalMemory(false));

    /// <summary>Tensors that were created and not yet disposed: constant over steps when every tensor has an owner.</summary>
    public static long LiveTensorCount => Tensor.TotalCount;

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version!.ToString();
}
