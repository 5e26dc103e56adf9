using System.Text.Json.Nodes;

namespace Lab.Kernel.Notebooks;

/// <summary>The format's long texts: one string, or an array of lines that keep their ends.</summary>
internal static class MultilineText
{
    public static string Read(JsonNode? node) => node switch
    {
        JsonArray lines => string.Concat(lines.Select(l => l?.GetValue<string>())),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => "",
    };

    public static bool IsText(JsonNode? node) => node switch
    {
        JsonArray lines => lines.All(l => l is JsonValue v && v.TryGetValue<string>(out _)),
        JsonValue value => value.TryGetValue<string>(out _),
        _ => false,
    };

    /// <summary>Cuts where Python's <c>str.splitlines</c> cuts, which is how Jupyter writes the lines.</summary>
    public static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && !IsLineEnd(text[end])) end++;
            if (end < text.Length) end += text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? 2 : 1;
            lines.Add((JsonNode)text[start..end]);
            start = end;
        }

        return lines;
    }

    private static bool IsLineEnd(char c) =>
        c is '\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029';
}
