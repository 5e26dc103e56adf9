using System.Reflection;
using System.Runtime.Loader;

namespace Lab.Kernel.Session;

/// <summary>Holds one cell's assembly. It is unloaded when no later cell and no object needs it.</summary>
/// <param name="name">Of the cell's assembly.</param>
/// <param name="session">Knows referenced assemblies and native libraries.</param>
internal sealed class CellLoadContext(string name, SessionLoadContext session) : AssemblyLoadContext(name, isCollectible: true)
{
    private readonly Dictionary<string, Assembly> needed = [];

    /// <param name="image">The cell's assembly.</param>
    /// <param name="symbols">Its debug information.</param>
    /// <param name="cells">Those before this one, by name. Those it was compiled with stay as long as it does: code that has not run yet may ask for them.</param>
    public Assembly LoadCell(Stream image, Stream symbols, IReadOnlyDictionary<string, Assembly> cells)
    {
        var assembly = LoadFromStream(image, symbols);
        foreach (var reference in assembly.GetReferencedAssemblies())
            if (cells.TryGetValue(reference.Name!, out var cell)) needed[reference.Name!] = cell;
        return assembly;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName name) => needed.GetValueOrDefault(name.Name!) ?? session.Find(name);

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string name) => session.FindNative(name);
}
