using Lab.Syntax;

namespace Lab.Extensions.Formatters;

/// <summary>A declaration of the library.</summary>
/// <param name="Path">From the repository's root.</param>
/// <param name="Line">Where it starts, from 1.</param>
/// <param name="Code">With its doc comment, not indented.</param>
internal sealed record SourcePiece(string Path, int Line, string Code);

/// <summary>What <c>#!source</c> shows: a declaration, or all overloads or parts of it.</summary>
internal sealed record SourceListing(IReadOnlyList<SourcePiece> Pieces);

/// <summary>Source in colours that are mixed from the page's text colour, so that dark themes read as well as light ones.</summary>
internal static class SourceFormatter
{
    private const string Style = """
        <style>
        .lab pre.csharp{max-height:44em;overflow:auto;padding:.5em .8em;border-left:3px solid color-mix(in srgb, currentColor 18%, transparent)}
        .lab .csharp .k{color:color-mix(in srgb, #0a5fd0 75%, currentColor)}.lab .csharp .s{color:color-mix(in srgb, #00875a 75%, currentColor)}
        .lab .csharp .c{opacity:.65;font-style:italic}.lab .csharp .n{color:color-mix(in srgb, #c05000 75%, currentColor)}
        .lab .csharp .t{color:color-mix(in srgb, #8040d0 70%, currentColor)}.lab .csharp .m{color:color-mix(in srgb, #a07000 70%, currentColor)}
        .lab .csharp .p{color:color-mix(in srgb, #b02070 70%, currentColor)}
        </style>
        """;

    public static void Register() => Format.Register<SourceListing>((Format.Html, ToHtml), (Format.Text, ToText));

    private static string ToHtml(SourceListing listing) => Markup.Output(Style + string.Concat(listing.Pieces.Select(piece =>
        $"<div class=\"faint\"><code>{Markup.Escape(piece.Path)}, line {piece.Line}</code></div><pre class=\"csharp\">{CSharpMarkup.ToHtml(piece.Code)}</pre>")));

    private static string ToText(SourceListing listing) =>
        string.Join("\n\n", listing.Pieces.Select(piece => $"// {piece.Path}, line {piece.Line}\n{piece.Code}"));
}
