using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;

namespace Lab.Runtime;

/// <summary>
/// Loads libtorch and TorchSharp's bridge to it before TorchSharp looks for them. <c>LAB_LIBTORCH</c> names a folder with
/// another libtorch (for example the <c>torch/lib</c> of a Python PyTorch). On Linux systems whose libstdc++ is older than
/// GCC 13 the bridge is loaded from an adapted copy; the original stays as it is.
/// </summary>
public static class NativeTorch
{
    private const string Bridge = "libLibTorchSharp.so";
    private static readonly Lazy<string> loaded = new(Load);
    private static bool withoutOneDnn;

    /// <summary>Where libtorch came from and what had to be done about it, in one line.</summary>
    public static string Source => withoutOneDnn ? $"{loaded.Value}; without oneDNN, which gives wrong gradients on this machine" : loaded.Value;

    // The first use of any Lab type loads the natives: user code cannot come too late by forgetting a call.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "TorchSharp looks for its natives at the first touch of any of its types; only a module initializer is surely earlier.")]
    internal static void Initialize()
    {
        NativeHeap.KeepFreedMemory();
        NativeThreads.SleepWhileWaiting();
        _ = loaded.Value;

        // libtorch counts the machine's cores, .NET those this process may use: in a container with fewer,
        // the surplus threads wait for each other and a step takes many times longer.
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null) torch.set_num_threads(Environment.ProcessorCount);
        withoutOneDnn = NativeKernels.AvoidWrongGradients();
    }

    private static string Load()
    {
        var custom = Environment.GetEnvironmentVariable("LAB_LIBTORCH");
        if (!OperatingSystem.IsLinux())
            return string.IsNullOrEmpty(custom) ? "libtorch of this platform's package" : LoadCustom(custom, OperatingSystem.IsWindows() ? "{0}.dll" : "lib{0}.dylib");

        var source = "libtorch of this platform's package";
        var bridge = FindBridge();
        if (!string.IsNullOrEmpty(custom)) source = LoadCustom(custom, "lib{0}.so");
        else foreach (var library in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" }) NativeLibrary.Load(Beside(bridge, library));

        if (!SystemLacksVersion()) { NativeLibrary.Load(bridge); return source; }
        NativeLibrary.Load(AdaptedCopy(bridge));
        return $"{source}; {Bridge} adapted to this system's libstdc++, which has no {ElfSymbols.MissingVersion}";
    }

    // The CUDA libraries come along by the folder's own dependencies, except that nothing depends on libtorch_cuda itself in some builds.
    private static string LoadCustom(string folder, string pattern)
    {
        if (!File.Exists(Path.Combine(folder, string.Format(pattern, "torch"))))
            throw new DllNotFoundException($"LAB_LIBTORCH is '{folder}', but there is no {string.Format(pattern, "torch")} in it. Name the folder that holds libtorch's libraries, e.g. the torch/lib of a PyTorch installation.");

        foreach (var name in new[] { "c10", "torch_cpu", "torch_cuda", "torch" })
        {
            var path = Path.Combine(folder, string.Format(pattern, name));
            if (File.Exists(path)) NativeLibrary.Load(path);
        }

        return $"libtorch in {folder} (LAB_LIBTORCH)";
    }

    private static string FindBridge()
    {
        var search = HostFolders()
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"))
            .Append(AppContext.BaseDirectory)
            .Concat(PackageFolders());
        return search.Select(folder => Path.Combine(folder, Bridge)).FirstOrDefault(File.Exists)
            ?? throw new DllNotFoundException($"{Bridge} was not found. It belongs to the TorchSharp package; build the project again with its packages restored.");
    }

    // Packages keep the bridge and libtorch in different folders unless the build has put them together.
    private static string Beside(string bridge, string library)
    {
        var search = HostFolders().Prepend(Path.GetDirectoryName(bridge)!).Concat(PackageFolders());
        return search.Select(folder => Path.Combine(folder, library)).FirstOrDefault(File.Exists)
            ?? throw new DllNotFoundException($"{library} was not found beside {Bridge}. Build with the package libtorch-cpu-linux-x64 or with -p:Cuda=true, or set LAB_LIBTORCH to a folder with libtorch.");
    }

    private static string[] HostFolders() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    // A host that loads assemblies straight from NuGet's cache, as .NET Interactive does, has no folder with the natives of all packages.
    private static IEnumerable<string> PackageFolders()
    {
        var assembly = typeof(torch).Assembly.Location; // .../torchsharp/<version>/lib/<framework>/TorchSharp.dll
        if (assembly.Length == 0) yield break;
        var package = Path.GetFullPath(Path.Combine(assembly, "..", "..", ".."));
        yield return Path.Combine(package, "runtimes", "linux-x64", "native");

        var libtorch = Path.GetFullPath(Path.Combine(package, "..", "..", "libtorch-cpu-linux-x64"));
        if (!Directory.Exists(libtorch)) yield break;
        foreach (var version in Directory.GetDirectories(libtorch).OrderByDescending(folder => Version.TryParse(Path.GetFileName(folder), out var version) ? version : new Version()))
            yield return Path.Combine(version, "runtimes", "linux-x64", "native");
    }

    private static bool SystemLacksVersion()
    {
        NativeLibrary.Load("libstdc++.so.6");
        var path = File.ReadLines("/proc/self/maps").First(line => line.Contains("/libstdc++.so")).Split(' ', 6)[5].Trim();
        return File.ReadAllBytes(path).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) < 0;
    }

    private static string AdaptedCopy(string bridge)
    {
        var image = File.ReadAllBytes(bridge);
        var folder = Path.Combine(LabCache.Folder, "native", Convert.ToHexStringLower(SHA256.HashData(image))[..16]);
        var copy = Path.Combine(folder, Bridge);
        if (File.Exists(copy)) return copy;

        if (!ElfSymbols.RelaxMissingVersion(image)) return bridge;
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $"{Bridge}.{Guid.NewGuid():N}");
        File.WriteAllBytes(temporary, image);
        File.Move(temporary, copy, overwrite: true); // atomic: another process sees the whole file or none
        Console.Error.WriteLine($"Lab: this system's libstdc++ has no {ElfSymbols.MissingVersion}; TorchSharp will use a copy of {Bridge} adapted to it ({copy}).");
        return copy;
    }
}
