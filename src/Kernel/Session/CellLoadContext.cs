using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;

namespace Lab.Kernel.Session;

/// <summary>Holds one cell's assembly. It is unloaded when no later cell and no object needs it.</summary>
/// <param name="name">Of the cell's assembly.</param>
/// <param name="cells">Those before this one, by name.</param>
/// <param name="session">Knows referenced assemblies and native libraries.</param>
internal sealed class CellLoadContext(string name, ConcurrentDictionary<string, Assembly> cells, SessionLoadContext session)
    : AssemblyLoadContext(name, isCollectible: true)
{
    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName name) => cells.GetValueOrDefault(name.Name!) ?? session.Find(name);

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string name) => session.FindNative(name);
}
