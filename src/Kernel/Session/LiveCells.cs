using System.Reflection;
using System.Reflection.Metadata;

namespace Lab.Kernel.Session;

/// <summary>
/// Finds which cells of a chain can still be meant by a name in a cell to come. The compiler looks through the whole chain
/// for most names, so a chain that keeps every version of a variable makes each cell dearer than the one before.
/// </summary>
internal sealed class LiveCells
{
    private readonly IReadOnlyList<Submissions.Link> chain;
    private readonly CellNames[] names;
    private readonly ILookup<string, (int Place, CellNames.Declaration Declaration)> declarations; // the latest first
    private readonly HashSet<string> overloaded;
    private readonly bool[] live;
    private readonly Stack<int> unfollowed = [];

    private LiveCells(IReadOnlyList<Submissions.Link> chain)
    {
        this.chain = chain;
        names = [.. chain.Select(link => CellNames.Of(link.Compilation))];
        live = new bool[chain.Count];
        overloaded = [.. names.SelectMany(cell => cell.Overloaded)];
        declarations = names.Index().Reverse().SelectMany(cell => cell.Item.Declared, (cell, declaration) => (cell.Index, declaration)).ToLookup(d => d.declaration.Name);
    }

    /// <returns>For each cell whether it is needed; the others can be left out, and those that stay mean the same without them.</returns>
    public static bool[] Of(IReadOnlyList<Submissions.Link> chain)
    {
        var cells = new LiveCells(chain);
        cells.MarkWhatANewCellSees();
        cells.Follow();
        return cells.live;
    }

    private void MarkWhatANewCellSees()
    {
        // The compiler names the types of anonymous objects after the place of their cell and shares them with all later ones.
        for (var i = chain.ToList().FindLastIndex(link => link.Assembly is { } assembly && HasSharedTypes(assembly)); i >= 0; i--) Mark(i);
        for (var i = 0; i < names.Length; i++)
            if (names[i].IsLasting) Mark(i);
        MarkMeant(declarations.Select(name => name.Key), names.Length, hidden: []);
    }

    // What is needed needs what it was compiled with, and has to find it if it is compiled again.
    private void Follow()
    {
        var places = chain.Index().ToDictionary(cell => cell.Item.Compilation.AssemblyName!, cell => cell.Index);
        while (unfollowed.TryPop(out var cell))
        {
            foreach (var reference in chain[cell].Assembly?.GetReferencedAssemblies() ?? [])
                if (places.TryGetValue(reference.Name!, out var place)) Mark(place);
            MarkMeant(names[cell].Mentioned, cell, [.. names[cell].Declared]);
        }
    }

    private void MarkMeant(IEnumerable<string> mentioned, int before, HashSet<CellNames.Declaration> hidden)
    {
        foreach (var name in mentioned)
            foreach (var (place, declaration) in declarations[name].Where(d => d.Place < before))
                if (hidden.Add(declaration) || overloaded.Contains(name)) Mark(place); // a variable ends the search for overloads
    }

    private void Mark(int cell)
    {
        if (live[cell]) return;
        live[cell] = true;
        unfollowed.Push(cell);
    }

    private static unsafe bool HasSharedTypes(Assembly cell)
    {
        if (!cell.TryGetRawMetadata(out var metadata, out var length)) throw new InvalidOperationException($"{cell} has no metadata.");
        var reader = new MetadataReader(metadata, length);
        return reader.TypeDefinitions.Select(type => reader.GetString(reader.GetTypeDefinition(type).Name)).Any(IsShared);
    }

    // Of anonymous objects and of lambdas that no Func or Action fits, as the compiler's GeneratedNames has them.
    private static bool IsShared(string type) => type.StartsWith("<>f__Anonymous", StringComparison.Ordinal)
        || type.StartsWith("<>A", StringComparison.Ordinal) || type.StartsWith("<>F", StringComparison.Ordinal);
}
