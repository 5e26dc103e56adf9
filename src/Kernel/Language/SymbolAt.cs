using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lab.Kernel.Language;

/// <summary>Which symbol a reader means who points at a place in the code.</summary>
internal static class SymbolAt
{
    /// <returns>The name at or before the position; else the method whose arguments stand there. More than one for overloads.</returns>
    public static IReadOnlyList<ISymbol> Position(SemanticModel model, int position, CancellationToken cancellation)
    {
        var root = model.SyntaxTree.GetCompilationUnitRoot(cancellation);
        foreach (var at in new[] { position, position - 1 }.Where(p => p >= 0 && p < root.FullSpan.End))
        {
            var token = root.FindToken(at);
            if (!token.Span.Contains(at) || !IsName(token)) continue;
            if (Symbols(model, token.Parent!, cancellation) is { Count: > 0 } named) return named;
        }

        var around = root.FindToken(Math.Max(0, position - 1)).Parent;
        foreach (var call in around?.AncestorsAndSelf() ?? [])
        {
            SyntaxNode? called = call switch
            {
                ArgumentListSyntax { Parent: InvocationExpressionSyntax invocation } => invocation.Expression,
                ArgumentListSyntax { Parent: BaseObjectCreationExpressionSyntax creation } => creation,
                ArgumentListSyntax { Parent: ConstructorInitializerSyntax initializer } => initializer,
                _ => null,
            };
            if (called is not null && Symbols(model, called, cancellation) is { Count: > 0 } methods) return methods;
        }

        return [];
    }

    private static bool IsName(SyntaxToken token) => token.IsKind(SyntaxKind.IdentifierToken) || SyntaxFacts.IsPredefinedType(token.Kind()) || token.IsKind(SyntaxKind.NewKeyword);

    private static IReadOnlyList<ISymbol> Symbols(SemanticModel model, SyntaxNode node, CancellationToken cancellation)
    {
        if (node.Parent is ObjectCreationExpressionSyntax creation && creation.Type == node) node = creation; // the constructor rather than the type
        if (model.GetDeclaredSymbol(node, cancellation) is { } declared) return [declared];
        var info = model.GetSymbolInfo(node, cancellation);
        if (info.Symbol is { } symbol) return [symbol];
        if (info.CandidateSymbols.Length > 0) return info.CandidateSymbols;
        var group = model.GetMemberGroup(node, cancellation);
        if (group.Length > 0) return group;
        return model.GetTypeInfo(node, cancellation).Type is { TypeKind: not TypeKind.Error } type ? [type] : [];
    }
}
