using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lab.Syntax;

/// <summary>Reads a parameters cell: plain typed variables with literal values and comments.</summary>
internal static class Declarations
{
    private static readonly CSharpParseOptions script = new(kind: SourceCodeKind.Script);

    /// <returns>The variables declared at the top level of a cell, in order; magics and other statements are passed over.</returns>
    public static IReadOnlyList<ParameterDeclaration> Parse(string code)
    {
        var root = CSharpSyntaxTree.ParseText(code, script).GetCompilationUnitRoot();
        return [.. root.Members.SelectMany(Variables)];
    }

    private static IEnumerable<ParameterDeclaration> Variables(MemberDeclarationSyntax member)
    {
        var declaration = member switch
        {
            FieldDeclarationSyntax field => field.Declaration,
            GlobalStatementSyntax { Statement: LocalDeclarationStatementSyntax local } => local.Declaration,
            _ => null,
        };
        if (declaration is null) yield break;

        var comment = ParameterComment.Parse(TrailingComment(member));
        foreach (var variable in declaration.Variables)
        {
            var value = variable.Initializer?.Value;
            yield return new ParameterDeclaration(
                variable.Identifier.ValueText, TypeText(declaration.Type, value), value?.ToString(),
                comment.Range, comment.Choices, comment.Meaning);
        }
    }

    private static string TrailingComment(MemberDeclarationSyntax member)
    {
        var comment = member.GetTrailingTrivia().FirstOrDefault(t => t.IsKind(SyntaxKind.SingleLineCommentTrivia));
        return comment.IsKind(SyntaxKind.None) ? "" : comment.ToString().TrimStart('/');
    }

    private static string TypeText(TypeSyntax type, ExpressionSyntax? value)
    {
        if (!type.IsVar) return type.ToString();

        var literal = value is PrefixUnaryExpressionSyntax { Operand: var operand } ? operand : value;
        return (literal as LiteralExpressionSyntax)?.Token.Value switch
        {
            int => "int",
            long => "long",
            double => "double",
            float => "float",
            decimal => "decimal",
            bool => "bool",
            string => "string",
            _ => "var",
        };
    }
}
