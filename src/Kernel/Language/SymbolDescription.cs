using System.Text;
using Microsoft.CodeAnalysis;

namespace Lab.Kernel.Language;

/// <summary>A symbol's signature and documentation, for a reader.</summary>
internal static class SymbolDescription
{
    private const int mostOverloads = 12;

    private static readonly SymbolDisplayFormat signature = SymbolDisplayFormat.MinimallyQualifiedFormat
        .AddKindOptions(SymbolDisplayKindOptions.IncludeNamespaceKeyword | SymbolDisplayKindOptions.IncludeTypeKeyword)
        .AddMemberOptions(SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeConstantValue)
        .AddParameterOptions(SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeExtensionThis);

    /// <param name="symbols">One, or the overloads of a method.</param>
    /// <param name="model">In whose words types are named.</param>
    /// <param name="position">Where.</param>
    /// <param name="detailed">With parameters, return value, exceptions and remarks.</param>
    public static Inspection Of(IReadOnlyList<ISymbol> symbols, SemanticModel model, int position, bool detailed)
    {
        var signatures = symbols.Take(mostOverloads).Select(symbol => symbol.ToMinimalDisplayString(model, position, signature)).ToList();
        if (symbols.Count > mostOverloads) signatures.Add($"// and {symbols.Count - mostOverloads} more");
        var sections = DocumentationText.Of(symbols[0], model.Compilation).Where(section => detailed || section.Title == "").ToList();
        if (detailed && symbols[0].ContainingNamespace is { IsGlobalNamespace: false } space)
            sections.Add(new("Namespace", [(null, $"{space.ToDisplayString()}, in {symbols[0].ContainingAssembly.Name}")]));
        return new Inspection(Plain(signatures, sections), Markdown(signatures, sections));
    }

    private static string Plain(IEnumerable<string> signatures, IEnumerable<DocumentationSection> sections)
    {
        var text = new StringBuilder(string.Join('\n', signatures));
        foreach (var (title, entries) in sections)
        {
            text.Append("\n\n");
            if (title != "") text.Append(title).Append(":\n");
            text.AppendJoin('\n', entries.Select(entry => entry.Name is null ? entry.Text : $"    {entry.Name}: {entry.Text}"));
        }

        return text.ToString();
    }

    private static string Markdown(IEnumerable<string> signatures, IEnumerable<DocumentationSection> sections)
    {
        var text = new StringBuilder($"```csharp\n{string.Join('\n', signatures)}\n```");
        foreach (var (title, entries) in sections)
        {
            text.Append("\n\n");
            if (title != "") text.Append($"**{title}**\n\n");
            text.AppendJoin('\n', entries.Select(entry => entry.Name is null ? entry.Text : $"- `{entry.Name}`: {entry.Text}"));
        }

        return text.ToString();
    }
}
