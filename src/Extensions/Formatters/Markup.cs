namespace Lab.Extensions.Formatters;

/// <summary>
/// The one place for escaping and for the look of HTML outputs. Outputs share no page head, so each brings its styles;
/// all colours are mixed from the page's own text colour, so that light and dark themes both read well.
/// </summary>
internal static class Markup
{
    public const string Good = "color-mix(in srgb, #009e73 75%, currentColor)";
    public const string Bad = "color-mix(in srgb, #e0401a 75%, currentColor)";
    public const string Odd = "color-mix(in srgb, #c08000 75%, currentColor)";
    public const string Accent = "color-mix(in srgb, #1f83d0 75%, currentColor)";

    private const string Style = $$"""
        <style>
        .lab{color:inherit;font-size:13px;line-height:1.45;max-width:80em}
        .lab .faint{opacity:.7}
        .lab .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .lab code,.lab pre{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;background:none;color:inherit}
        .lab pre{margin:.3em 0;white-space:pre;overflow-x:auto;border:0;padding:0;scrollbar-color:color-mix(in srgb, currentColor 30%, transparent) transparent}
        .lab table{border-collapse:collapse;margin:.4em 0;border:0;color:inherit;background:none}
        .lab th,.lab td{padding:3px 10px;border:0;border-bottom:1px solid color-mix(in srgb, currentColor 12%, transparent);text-align:left;vertical-align:top;background:none;color:inherit}
        .lab th{font-weight:600;border-bottom-width:2px}
        .lab th.num,.lab td.num{text-align:right}
        .lab th.num{white-space:normal;vertical-align:bottom}
        .lab td.tick{white-space:nowrap}
        .lab td.words{min-width:11em}
        .lab .good{color:{{Good}};font-weight:600}
        .lab .bad{color:{{Bad}};font-weight:600}
        .lab .odd{color:{{Odd}};font-weight:600}
        .lab .accent{color:{{Accent}};font-weight:600}
        .lab .card{border:1px solid color-mix(in srgb, currentColor 18%, transparent);border-left:4px solid {{Accent}};border-radius:4px;padding:.6em 1em;max-width:60em}
        .lab .card h3{margin:0 0 .2em;font-size:1.25em;color:inherit}
        .lab a{color:{{Accent}}}
        .lab figure{display:inline-block;margin:.2em .5em .2em 0;vertical-align:top;max-width:100%}
        .lab figcaption{font-size:11px;opacity:.8;overflow-wrap:anywhere}
        .lab img{image-rendering:pixelated;max-width:100%;margin:0;display:block;background:none}
        .lab .bar{height:8px;border-radius:4px;background:color-mix(in srgb, currentColor 12%, transparent);overflow:hidden;min-width:12em}
        .lab .bar div{height:100%;background:{{Accent}}}
        </style>
        """;

    /// <returns>An output: the shared styles and a body that is escaped already.</returns>
    public static string Output(string body) => $"{Style}\n<div class=\"lab\">{body}</div>";

    /// <returns>Text that shows in HTML as it is, in an element or in a quoted attribute.</returns>
    public static string Escape(string text) =>
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;").Replace("'", "&#39;");

    /// <returns>A PNG inside the page, enlarged by the browser without smoothing.</returns>
    public static string Image(byte[] png, long width, long height, string description) =>
        $"<img src=\"data:image/png;base64,{Convert.ToBase64String(png)}\" width=\"{width}\" height=\"{height}\" alt=\"{Escape(description)}\">";
}
