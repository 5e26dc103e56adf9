using System.Text;
using System.Text.RegularExpressions;

namespace Lab.Kernel.Html;

/// <summary>What makes a page independent of a network: a policy that forbids every request, and scripts inside the page.</summary>
internal static partial class OfflinePage
{
    public const string Policy =
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; font-src data:; worker-src blob:";

    public static string Script(string source) => $"<script>{InsideScript(source)}</script>\n";

    public static string Text(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    // HTML ends a script at the first "</script", also inside a JavaScript string, and "<script" there can hide the true end.
    private static string InsideScript(string source) => ScriptTag().Replace(source, @"\x3c$1");

    [GeneratedRegex("<(/?script)", RegexOptions.IgnoreCase)]
    private static partial Regex ScriptTag();
}
