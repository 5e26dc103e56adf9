using System.Reflection;
using System.Runtime.Loader;

namespace Lab.Kernel.Session;

/// <summary>Holds one cell's assembly. It is unloaded when no later cell and no object needs it.</summary>
/// <param name="name">Of the cell's assembly.</param>
/// <param name="session">Knows the cells before this one, referenced assemblies and native libraries.</param>
internal sealed class CellLoadContext(string name, SessionLoadContext session) : AssemblyLoadContext(name, isCollectible: true)
{
    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName name) => session.Find(name);

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string name) => session.FindNative(name);
}
