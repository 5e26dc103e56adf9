using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Lab.Kernel.Language;

/// <summary>A part of a symbol's documentation.</summary>
/// <param name="Title">Empty for the summary.</param>
/// <param name="Entries">A text each; parameters and exceptions have names.</param>
internal sealed record DocumentationSection(string Title, IReadOnlyList<(string? Name, string Text)> Entries);

/// <summary>The XML documentation of a symbol as plain sentences.</summary>
internal static partial class DocumentationText
{
    public static IEnumerable<DocumentationSection> Of(ISymbol symbol, Compilation compilation)
    {
        if (Xml(symbol, compilation) is not { } xml) yield break;
        foreach (var (element, title, name) in new[]
        {
            ("summary", "", null), ("typeparam", "Type parameters", "name"), ("param", "Parameters", "name"), ("returns", "Returns", null),
            ("value", "Value", null), ("exception", "Exceptions", "cref"), ("remarks", "Remarks", null),
        })
        {
            var entries = xml.Elements(element).Select(e => (name is null ? null : Name((string?)e.Attribute(name)), Text(e))).Where(entry => entry.Item2 != "").ToList();
            if (entries.Count > 0) yield return new(title, entries);
        }
    }

    // What inherits its documentation says so, or says nothing and overrides or implements something.
    private static XElement? Xml(ISymbol symbol, Compilation compilation)
    {
        var text = symbol.OriginalDefinition.GetDocumentationCommentXml();
        if (Parse(text) is { } own && own.Element("inheritdoc") is null && own.HasElements) return own;
        var above = symbol switch
        {
            IMethodSymbol { ReducedFrom: { } unreduced } => unreduced,
            IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => constructor.ContainingType,
            IMethodSymbol { OverriddenMethod: { } overridden } => overridden,
            IPropertySymbol { OverriddenProperty: { } overridden } => overridden,
            _ => Implemented(symbol),
        };
        return above is null ? null : Xml(above, compilation);
    }

    private static ISymbol? Implemented(ISymbol symbol) => symbol.ContainingType?.AllInterfaces.SelectMany(i => i.GetMembers(symbol.Name))
        .FirstOrDefault(member => SymbolEqualityComparer.Default.Equals(symbol.ContainingType.FindImplementationForInterfaceMember(member), symbol));

    private static XElement? Parse(string? xml)
    {
        if (string.IsNullOrWhiteSpace(xml)) return null;
        try
        {
            var root = XElement.Parse(xml.TrimStart().StartsWith("<member", StringComparison.Ordinal) ? xml : $"<member>{xml}</member>");
            return root;
        }
        catch (XmlException)
        {
            return null; // a library's own mistake; the signature is still worth showing
        }
    }

    private static string Text(XElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.DescendantNodes())
        {
            if (node is XText words) text.Append(words.Value);
            else if (node is XElement { Name.LocalName: "para" or "br" or "item" }) text.Append("\u2028");
            else if (node is XElement { IsEmpty: true } reference) text.Append(Name((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? (string?)reference.Attribute("langword") ?? ""));
        }

        return WhiteSpace().Replace(text.ToString(), " ").Trim().Replace(" \u2028 ", "\n").Replace("\u2028", "\n").Trim();
    }

    // T:System.Int32 and M:System.String.Join(System.Char,System.Object[]) without their namespaces.
    private static string Name(string? reference)
    {
        if (reference is not [_, ':', .. var id]) return reference ?? "";
        var arguments = id.IndexOf('(');
        var name = (arguments < 0 ? id : id[..arguments]).Split('.');
        var last = reference[0] is 'T' or 'N' ? 1 : 2;
        return Arity().Replace(string.Join('.', name.TakeLast(last)), "");
    }

    [GeneratedRegex(@"[^\S\u2028]+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex("`+[0-9]+")]
    private static partial Regex Arity();
}
