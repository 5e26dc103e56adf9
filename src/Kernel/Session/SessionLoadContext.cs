using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;
using Lab.Abstractions;

namespace Lab.Kernel.Session;

/// <summary>
/// Holds the assemblies and native libraries that a session referenced. What the process itself was built from stays in
/// the process: two copies of TorchSharp would be two libraries.
/// </summary>
internal sealed class SessionLoadContext() : AssemblyLoadContext("notebook")
{
    private static readonly Dictionary<string, string> own = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).GroupBy(p => Path.GetFileNameWithoutExtension(p)).ToDictionary(g => g.Key, g => g.First(), StringComparer.OrdinalIgnoreCase);

    private readonly ConcurrentDictionary<string, string> referenced = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string> natives = new(StringComparer.OrdinalIgnoreCase);

    /// <returns>False if the process holds this assembly already, in this version or a newer one.</returns>
    /// <exception cref="MagicException">The process or the session holds an older version.</exception>
    public bool Add(string path)
    {
        var name = AssemblyName.GetAssemblyName(path);
        var held = own.GetValueOrDefault(name.Name!) ?? referenced.GetValueOrDefault(name.Name!);
        if (held is null)
        {
            referenced[name.Name!] = path;
            return true;
        }

        var version = AssemblyName.GetAssemblyName(held).Version;
        return version >= name.Version ? false : throw new MagicException(
            $"{name.Name} {name.Version} cannot be loaded: this kernel already holds version {version}. Reference a package version that goes with {version}.");
    }

    /// <summary>A sentence about the version that the process holds of an assembly, where it is a newer one; else null.</summary>
    public static string? NewerThan(string path)
    {
        var asked = AssemblyName.GetAssemblyName(path);
        if (!own.TryGetValue(asked.Name!, out var held) || AssemblyName.GetAssemblyName(held).Version is not { } version || version <= asked.Version) return null;
        return $"{asked.Name} {asked.Version} was asked for, but this kernel holds version {version}, which is used instead.";
    }

    /// <summary>Makes a native library known by the name that imports use.</summary>
    public void AddNative(string path) => natives[ImportName(path)] = path;

    /// <summary>The referenced assembly of this name; null if there is none.</summary>
    public Assembly? Find(AssemblyName name) => Load(name);

    /// <summary>The handle of a referenced native library; 0 if it is none.</summary>
    public nint FindNative(string name) => natives.TryGetValue(ImportName(name), out var path) ? LoadUnmanagedDllFromPath(path) : 0;

    /// <inheritdoc/>
    /// <remarks>Loading a path again gives the same assembly. Looking among those that are loaded would look at every cell's.</remarks>
    protected override Assembly? Load(AssemblyName name) => referenced.TryGetValue(name.Name!, out var path) ? LoadFromAssemblyPath(path) : null;

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string name) => FindNative(name);

    // libfoo.so, foo.dll and foo are one import.
    private static string ImportName(string path)
    {
        var name = Path.GetFileName(path);
        foreach (var extension in new[] { ".so", ".dylib", ".dll" })
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) name = name[..^extension.Length];
        return name.StartsWith("lib", StringComparison.Ordinal) ? name[3..] : name;
    }
}
