using Lab.Extensions.Formatters;
using Lab.Runtime;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lab.Extensions.Magics;

/// <summary>A type or member in the sources.</summary>
/// <param name="Name">With namespace and types, e.g. <c>Lab.Plots.Pictures.Grid</c>.</param>
/// <param name="Path">Of the file, from the repository's root.</param>
/// <param name="Node">Its syntax.</param>
internal sealed record SourceDeclaration(string Name, string Path, MemberDeclarationSyntax Node)
{
    public bool IsType => Node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax;

    /// <returns>The declaration with its doc comment, moved to the left margin.</returns>
    public SourcePiece Piece()
    {
        var lines = Node.ToFullString().ReplaceLineEndings("\n").TrimEnd().Split('\n').SkipWhile(string.IsNullOrWhiteSpace).ToArray();
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart(' ').Length);
        var start = Node.SyntaxTree.GetLineSpan(Node.Span).StartLinePosition.Line + 1;
        return new SourcePiece(Path, start, string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : "")));
    }
}

/// <summary>Finds declarations in the sources that an assembly carries as resources <c>source/...</c>.</summary>
internal sealed class SourceIndex
{
    private static readonly Lazy<SourceIndex> lab = new(() => new SourceIndex(Sources()));
    private readonly SourceDeclaration[] declarations;

    /// <param name="files">Paths and texts.</param>
    public SourceIndex(IEnumerable<(string Path, string Text)> files) =>
        declarations = [.. files.SelectMany(file => Declarations(file.Path, CSharpSyntaxTree.ParseText(file.Text).GetCompilationUnitRoot()))];

    /// <summary>The library's own.</summary>
    public static SourceIndex Lab => lab.Value;

    /// <summary>Every type, and every member with its type, without namespaces.</summary>
    public IEnumerable<string> ShortNames => declarations.Select(d => string.Join('.', d.Name.Split('.')[^(d.IsType ? 1 : 2)..]));

    /// <returns>All declarations that the name may mean: types before members, overloads and parts of one thing under one name.</returns>
    public IReadOnlyList<SourceDeclaration> Find(string name)
    {
        var matches = declarations.Where(d => d.Name == name || d.Name.EndsWith("." + name, StringComparison.Ordinal)).ToArray();
        var types = matches.Where(d => d.IsType).ToArray();
        return types.Length > 0 ? types : matches;
    }

    private static IEnumerable<(string, string)> Sources()
    {
        const string prefix = "source/";
        var assembly = typeof(NativeTorch).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order())
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return ($"src/Lab/{resource[prefix.Length..]}", reader.ReadToEnd());
        }
    }

    private static IEnumerable<SourceDeclaration> Declarations(string path, CompilationUnitSyntax root) =>
        from node in root.DescendantNodes().OfType<MemberDeclarationSyntax>()
        from name in Names(node)
        select new SourceDeclaration(string.Join('.', node.Ancestors().Select(Scope).Where(scope => scope is not null).Reverse().Append(name)), path, node);

    private static IEnumerable<string> Names(MemberDeclarationSyntax node) => node switch
    {
        BaseTypeDeclarationSyntax type => [type.Identifier.Text],
        DelegateDeclarationSyntax type => [type.Identifier.Text],
        MethodDeclarationSyntax method => [method.Identifier.Text],
        PropertyDeclarationSyntax property => [property.Identifier.Text],
        ConstructorDeclarationSyntax constructor => [constructor.Identifier.Text],
        EventDeclarationSyntax member => [member.Identifier.Text],
        EnumMemberDeclarationSyntax member => [member.Identifier.Text],
        BaseFieldDeclarationSyntax field => field.Declaration.Variables.Select(variable => variable.Identifier.Text),
        _ => [],
    };

    private static string? Scope(SyntaxNode node) => node switch
    {
        BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        _ => null,
    };
}
