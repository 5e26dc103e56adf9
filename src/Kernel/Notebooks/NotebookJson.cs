using System.Text;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Notebooks;

/// <summary>
/// Writes a notebook as Jupyter does (nbformat's <c>write</c>): keys sorted, one space of indentation, nothing beyond ASCII
/// escaped, long texts as arrays of lines, a newline at the end. A notebook saved here and there shows no difference.
/// </summary>
/// <remarks>An own writer, because <c>Utf8JsonWriter</c> escapes emoji with every encoder that ships.</remarks>
internal static class NotebookJson
{
    public static byte[] Write(JsonObject notebook)
    {
        var text = new StringBuilder();
        Append(text, WithLines(notebook), indent: 0);
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static JsonObject WithLines(JsonObject notebook)
    {
        var copy = notebook.DeepClone().AsObject();
        foreach (var cell in Objects(copy["cells"]))
        {
            Split(cell, "source");
            foreach (var output in Objects(cell["outputs"]))
            {
                Split(output, "text");
                if (output["data"] is JsonObject bundle)
                    foreach (var type in bundle.Select(p => p.Key).Where(IsWrittenAsLines).ToList())
                        Split(bundle, type);
            }
        }

        return copy;
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? array) => (array as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsWrittenAsLines(string mimeType) =>
        mimeType.StartsWith("text/", StringComparison.Ordinal) || mimeType is "image/svg+xml" or "application/javascript";

    private static void Split(JsonObject owner, string name)
    {
        if (owner[name] is JsonValue value && value.TryGetValue<string>(out var text))
            owner[name] = MultilineText.Lines(text);
    }

    private static void Append(StringBuilder text, JsonNode? node, int indent)
    {
        switch (node)
        {
            case JsonObject members:
                AppendItems(text, '{', '}', members.OrderBy(m => m.Key, StringComparer.Ordinal), indent, member =>
                {
                    AppendString(text, member.Key);
                    text.Append(": ");
                    Append(text, member.Value, indent + 1);
                });
                break;
            case JsonArray items:
                AppendItems(text, '[', ']', items, indent, item => Append(text, item, indent + 1));
                break;
            case JsonValue value when value.TryGetValue<string>(out var plain):
                AppendString(text, plain);
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void AppendItems<T>(StringBuilder text, char open, char close, IEnumerable<T> items, int indent, Action<T> append)
    {
        text.Append(open);
        var any = false;
        foreach (var item in items)
        {
            text.Append(any ? ",\n" : "\n").Append(' ', indent + 1);
            append(item);
            any = true;
        }

        if (any) text.Append('\n').Append(' ', indent);
        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\b' => text.Append(@"\b"),
                '\f' => text.Append(@"\f"),
                < ' ' => text.Append($@"\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
