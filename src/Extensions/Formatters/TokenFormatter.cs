using System.Text;
using Lab.Text;

namespace Lab.Extensions.Formatters;

/// <summary>
/// Texts as coloured tokens; pointing at one shows its id, bytes and places. White space can be seen, and a token that
/// is not made of whole characters shows its bytes.
/// </summary>
internal static class TokenFormatter
{
    private const int MostTokens = 2000, Colours = 6;

    private const string Style = """
        <style>
        .lab .tokens{display:flex;flex-wrap:wrap;gap:.4em 2em}
        .lab .tokens section{flex:1 1 24em;min-width:0}
        .lab .tokens p{margin:.3em 0;line-height:1.9;white-space:pre-wrap;overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}
        .lab .tokens span{padding:2px 0;border-radius:3px;box-shadow:inset 1px 0 color-mix(in srgb, currentColor 45%, transparent)}
        .lab .tokens span:hover{outline:1px solid currentColor}
        .lab .tokens i{font-style:normal;opacity:.55}
        .lab .tokens small{font-size:9px;padding:0 1px}
        .lab .k0{background:color-mix(in srgb, #0072b2 30%, transparent)}.lab .k1{background:color-mix(in srgb, #e69f00 30%, transparent)}
        .lab .k2{background:color-mix(in srgb, #009e73 30%, transparent)}.lab .k3{background:color-mix(in srgb, #d55e00 30%, transparent)}
        .lab .k4{background:color-mix(in srgb, #cc79a7 30%, transparent)}.lab .k5{background:color-mix(in srgb, #56b4e9 30%, transparent)}
        </style>
        """;

    public static void Register()
    {
        Format.Register<TokenizedText>((Format.Html, text => Page([text])), (Format.Text, ToText));
        Format.Register<TokenComparison>((Format.Html, comparison => Page(comparison.Texts)), (Format.Text, comparison => string.Join("\n\n", comparison.Texts.Select(ToText))));
    }

    private static string Page(IReadOnlyList<TokenizedText> texts) =>
        Markup.Output($"{Style}<div class=\"tokens\">{string.Concat(texts.Select(Section))}</div>");

    private static string Section(TokenizedText text)
    {
        var html = new StringBuilder($"<section><b>{Markup.Escape(text.Tokenizer)}</b> <span class=\"faint\" style=\"box-shadow:none\">{Facts(text)}</span><p>");
        foreach (var (token, i) in text.Tokens.Take(MostTokens).Select((token, i) => (token, i)))
            html.Append($"<span class=\"k{i % Colours}\" title=\"{Markup.Escape(Hint(text, token))}\">{Shown(text, token)}</span>");
        return html.Append($"</p>{Markup.Escape(Rest(text))}</section>").ToString();
    }

    private static string ToText(TokenizedText text)
    {
        var tokens = text.Tokens.Take(MostTokens).Select(token => IsText(text, token) ? Visible(Encoding.UTF8.GetString(text.Bytes(token))) : Hex(text, token));
        return $"{text.Tokenizer}: {Facts(text)}\n{string.Join('|', tokens)}{(text.Tokens.Count > MostTokens ? "\n" + Rest(text) : "")}";
    }

    private static string Facts(TokenizedText text) => text.Tokens.Count == 0
        ? "no tokens"
        : $"{Format.Count(text.Tokens.Count)} tokens, {Format.Count(text.ByteCount)} bytes, {Format.Number((double)text.ByteCount / text.Tokens.Count, 3)} bytes per token";

    private static string Rest(TokenizedText text) => text.Tokens.Count > MostTokens ? $"... {Format.Count(text.Tokens.Count - MostTokens)} more tokens" : "";

    private static string Hint(TokenizedText text, TextToken token) =>
        $"id {token.Id}\n{token.ByteLength} {(token.ByteLength == 1 ? "byte" : "bytes")}: {Hex(text, token)}\nbytes {token.ByteStart} to {token.ByteStart + token.ByteLength - 1}\ncharacters {token.CharStart} to {token.CharStart + token.CharLength - 1}";

    private static string Shown(TokenizedText text, TextToken token)
    {
        if (!IsText(text, token)) return $"<small>{Hex(text, token)}</small>";
        var html = new StringBuilder();
        foreach (var character in Encoding.UTF8.GetString(text.Bytes(token)))
        {
            var visible = Visible(character.ToString());
            html.Append(visible.Length == 1 && visible[0] == character ? Markup.Escape(visible) : $"<i>{visible}</i>{(character == '\n' ? "\n" : "")}");
        }
        return html.ToString();
    }

    private static string Visible(string text) => text.Replace('\n', '↵').Replace('\r', '␍').Replace('\t', '→').Replace(' ', '·');

    private static string Hex(TokenizedText text, TextToken token) => Convert.ToHexString(text.Bytes(token));

    private static bool IsText(TokenizedText text, TextToken token) => System.Text.Unicode.Utf8.IsValid(text.Bytes(token));
}
