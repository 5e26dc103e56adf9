using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Lab.Kernel.Language;

/// <summary>
/// The XML documentation of an assembly: beside it, or for the runtime's own in the SDK's reference pack, whose files are
/// cut along other lines than the assemblies. Files are searched for the one member that is asked for, not kept parsed.
/// </summary>
internal sealed class AssemblyDocumentation(string assemblyPath) : DocumentationProvider
{
    private static readonly Lazy<string?> referencePack = new(FindReferencePack);
    private readonly string location = assemblyPath;

    protected override string? GetDocumentationForSymbol(string id, CultureInfo preferredCulture, CancellationToken cancellation = default)
    {
        foreach (var file in Files())
        {
            cancellation.ThrowIfCancellationRequested();
            if (Member(File.ReadAllText(file), id) is { } member) return member;
        }

        return null;
    }

    public override bool Equals(object? other) => other is AssemblyDocumentation documentation && documentation.location == location;

    public override int GetHashCode() => location.GetHashCode(StringComparison.Ordinal);

    private IEnumerable<string> Files()
    {
        var beside = Path.ChangeExtension(location, ".xml");
        if (File.Exists(beside)) return [beside];
        if (referencePack.Value is not { } pack || Path.GetDirectoryName(location) != Path.GetDirectoryName(typeof(object).Assembly.Location)) return [];

        // The likeliest file first: of this name, then System.Runtime, which documents most of the core library.
        var own = Path.GetFileName(beside);
        return Directory.EnumerateFiles(pack, "*.xml").OrderBy(file => Path.GetFileName(file) switch
        {
            var name when name == own => 0,
            "System.Runtime.xml" => 1,
            "System.Collections.xml" => 2,
            _ => 3,
        }).ThenBy(file => file, StringComparer.Ordinal);
    }

    private static string? Member(string xml, string id)
    {
        var start = xml.IndexOf($"<member name=\"{id}\">", StringComparison.Ordinal);
        if (start < 0) return null;
        const string end = "</member>";
        var stop = xml.IndexOf(end, start, StringComparison.Ordinal);
        return stop < 0 ? null : xml[start..(stop + end.Length)];
    }

    // <root>/shared/Microsoft.NETCore.App/10.0.1/System.Private.CoreLib.dll -> <root>/packs/Microsoft.NETCore.App.Ref/10.0.*/ref/net10.0
    private static string? FindReferencePack()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var packs = Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref");
        if (!Directory.Exists(packs)) return null; // a runtime without an SDK has no documentation
        var framework = $"net{Environment.Version.Major}.{Environment.Version.Minor}";
        return Directory.EnumerateDirectories(packs).Select(pack => Path.Combine(pack, "ref", framework)).Where(Directory.Exists).Order().LastOrDefault();
    }
}
