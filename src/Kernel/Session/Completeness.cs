using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lab.Kernel.Session;

/// <summary>Whether code can run as it stands.</summary>
public enum CompletenessStatus
{
    /// <summary>It can run.</summary>
    Complete,

    /// <summary>More lines are needed.</summary>
    Incomplete,

    /// <summary>No further line makes it C#.</summary>
    Invalid,

    /// <summary>It stands below a magic command that this session does not know.</summary>
    Unknown,
}

/// <summary>What a console needs to know when the user presses Enter.</summary>
/// <param name="Status">Whether the code can run.</param>
/// <param name="Indent">White space that the next line should begin with.</param>
public sealed record Completeness(CompletenessStatus Status, string Indent = "")
{
    private static readonly CSharpParseOptions script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    internal static Completeness Of(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(code, script);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return new(CompletenessStatus.Incomplete, new string(' ', 4 * OpenBrackets(tree)));
        return new(tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? CompletenessStatus.Invalid : CompletenessStatus.Complete);
    }

    private static int OpenBrackets(SyntaxTree tree) => Math.Max(0, tree.GetRoot().DescendantTokens().Where(token => !token.IsMissing).Sum(token => token.Kind() switch
    {
        SyntaxKind.OpenBraceToken or SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken => 1,
        SyntaxKind.CloseBraceToken or SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken => -1,
        _ => 0,
    }));
}
