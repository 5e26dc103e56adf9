using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>Typed reading of what a front end sent.</summary>
internal static class RequestContent
{
    /// <exception cref="WireFormatException">The field is missing or no string.</exception>
    public static string Text(this JsonObject content, string name) =>
        content[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new WireFormatException($"\"{name}\" must be a string");

    /// <exception cref="WireFormatException">The field is there, but no truth value.</exception>
    public static bool Flag(this JsonObject content, string name, bool otherwise)
    {
        if (content[name] is not { } node) return otherwise;
        return node is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : throw new WireFormatException($"\"{name}\" must be true or false");
    }

    /// <exception cref="WireFormatException">The field is there, but no whole number.</exception>
    public static int Number(this JsonObject content, string name, int otherwise)
    {
        if (content[name] is not { } node) return otherwise;
        return node is JsonValue value && value.TryGetValue<int>(out var number) ? number : throw new WireFormatException($"\"{name}\" must be a whole number");
    }

    /// <exception cref="WireFormatException">The field is there, but no JSON object.</exception>
    public static JsonObject Object(this JsonObject content, string name)
    {
        if (content[name] is not { } node) return [];
        return node as JsonObject ?? throw new WireFormatException($"\"{name}\" must be a JSON object");
    }
}
