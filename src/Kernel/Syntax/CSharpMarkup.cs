using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lab.Syntax;

/// <summary>
/// Colours C# for HTML from its syntax alone: <c>k</c> keyword, <c>s</c> string, <c>c</c> comment, <c>n</c> number,
/// <c>t</c> type, <c>m</c> method, <c>p</c> directive or magic. Without its tags the markup is the code, character by character.
/// </summary>
internal static class CSharpMarkup
{
    /// <summary>Colours for an element of class <c>csharp</c>, readable on light and dark ground.</summary>
    public const string Css = """
        .csharp .k{color:#0550ae}.csharp .s{color:#0a6640}.csharp .c{color:#6a737d;font-style:italic}.csharp .n{color:#a0420a}
        .csharp .t{color:#6f42c1}.csharp .m{color:#7a4b00}.csharp .p{color:#a31565}
        @media (prefers-color-scheme:dark){
        .csharp .k{color:#79b8ff}.csharp .s{color:#8ddb8c}.csharp .c{color:#959da5;font-style:italic}.csharp .n{color:#ffab70}
        .csharp .t{color:#c8a6ff}.csharp .m{color:#e8cf7a}.csharp .p{color:#f59ac2}}
        """;

    private static readonly CSharpParseOptions script = new(kind: SourceCodeKind.Script);

    /// <returns>The code with its tokens in spans, for a <c>pre</c> of class <c>csharp</c>.</returns>
    public static string ToHtml(string code)
    {
        var html = new StringBuilder(code.Length * 2);
        foreach (var token in CSharpSyntaxTree.ParseText(code, script).GetRoot().DescendantTokens())
        {
            AppendTrivia(html, token.LeadingTrivia);
            Append(html, token.Text, TokenClass(token));
            AppendTrivia(html, token.TrailingTrivia);
        }

        return html.ToString();
    }

    private static void AppendTrivia(StringBuilder html, SyntaxTriviaList list)
    {
        foreach (var trivia in list)
            Append(html, trivia.ToFullString(), TriviaClass(trivia));
    }

    private static void Append(StringBuilder html, string text, char? cssClass)
    {
        // A directive ends with its line break; the span does not.
        var body = cssClass is null ? "" : text.TrimEnd('\r', '\n');
        if (body.Length > 0) html.Append("<span class=\"").Append(cssClass).Append("\">").Append(Encode(body)).Append("</span>");
        html.Append(Encode(text[body.Length..]));
    }

    /// <summary>Escapes what HTML needs in text and in double-quoted attributes.</summary>
    /// <remarks><c>WebUtility.HtmlEncode</c> would also turn every letter beyond ASCII into a number.</remarks>
    public static string Encode(string text) =>
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");

    private static char? TriviaClass(SyntaxTrivia trivia) => trivia.Kind() switch
    {
        SyntaxKind.WhitespaceTrivia or SyntaxKind.EndOfLineTrivia or SyntaxKind.SkippedTokensTrivia => null,
        _ when trivia.IsDirective => 'p',
        _ => 'c',
    };

    private static char? TokenClass(SyntaxToken token) => token.Kind() switch
    {
        SyntaxKind.NumericLiteralToken => 'n',
        SyntaxKind.CharacterLiteralToken or SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken
            or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
            or SyntaxKind.Utf8SingleLineRawStringLiteralToken or SyntaxKind.Utf8MultiLineRawStringLiteralToken
            or SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedVerbatimStringStartToken
            or SyntaxKind.InterpolatedSingleLineRawStringStartToken or SyntaxKind.InterpolatedMultiLineRawStringStartToken
            or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.InterpolatedStringEndToken
            or SyntaxKind.InterpolatedRawStringEndToken => 's',
        SyntaxKind.IdentifierToken => IdentifierClass(token),
        var kind when SyntaxFacts.IsKeywordKind(kind) => 'k',
        _ => null,
    };

    private static char? IdentifierClass(SyntaxToken token) => token.Parent switch
    {
        BaseTypeDeclarationSyntax or DelegateDeclarationSyntax or TypeParameterSyntax or ConstructorDeclarationSyntax => 't',
        MethodDeclarationSyntax or LocalFunctionStatementSyntax => 'm',
        IdentifierNameSyntax { IsVar: true } => 'k',
        SimpleNameSyntax name when IsInvoked(name) => 'm',
        SimpleNameSyntax name when IsType(name) => 't',
        _ => null,
    };

    private static bool IsInvoked(SimpleNameSyntax name) => name.Parent switch
    {
        InvocationExpressionSyntax call => call.Expression == name,
        MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax call } access => access.Name == name && call.Expression == access,
        MemberBindingExpressionSyntax { Parent: InvocationExpressionSyntax } => true,
        _ => false,
    };

    private static bool IsType(SimpleNameSyntax name) => name.Parent switch
    {
        UsingDirectiveSyntax or BaseNamespaceDeclarationSyntax => false,
        QualifiedNameSyntax qualified => qualified.Right == name && qualified.Parent is not (UsingDirectiveSyntax or BaseNamespaceDeclarationSyntax),
        VariableDeclarationSyntax or ParameterSyntax or TypeArgumentListSyntax or NullableTypeSyntax or ArrayTypeSyntax
            or BaseTypeSyntax or AttributeSyntax or TypeConstraintSyntax or CastExpressionSyntax or TypeOfExpressionSyntax
            or DeclarationPatternSyntax or RecursivePatternSyntax or TypePatternSyntax or DeclarationExpressionSyntax
            or TupleElementSyntax or DefaultExpressionSyntax => true,
        ObjectCreationExpressionSyntax creation => creation.Type == name,
        MethodDeclarationSyntax method => method.ReturnType == name,
        LocalFunctionStatementSyntax function => function.ReturnType == name,
        BasePropertyDeclarationSyntax property => property.Type == name,
        ForEachStatementSyntax loop => loop.Type == name,
        CatchDeclarationSyntax caught => caught.Type == name,
        _ => name is GenericNameSyntax,
    };
}
