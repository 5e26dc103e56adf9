using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;

namespace Lab.Kernel.Session;

/// <summary>A value in every form that its formatters offer.</summary>
internal static class MimeBundle
{
    private const string Plain = "text/plain";

    /// <param name="value">May be null.</param>
    /// <param name="mimeType">Only this type beside plain text; all preferred types of the value when null.</param>
    public static JsonObject Of(object? value, string? mimeType = null)
    {
        var bundle = new JsonObject();
        foreach (var type in MimeTypes(value, mimeType)) bundle[type] = Content(type, value.ToDisplayString(type));
        if (!bundle.ContainsKey(Plain)) bundle[Plain] = value.ToDisplayString(Plain);
        return bundle;
    }

    private static IEnumerable<string> MimeTypes(object? value, string? mimeType)
    {
        if (mimeType is not null) return [mimeType];
        return value is null or string or bool or char or Enum || value.GetType().IsPrimitive || value is decimal
            ? [Plain]
            : Formatter.GetPreferredMimeTypesFor(value.GetType());
    }

    // JSON types hold JSON values in messages and notebooks, all others text.
    private static JsonNode? Content(string type, string text) =>
        type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal) ? JsonNode.Parse(text) : JsonValue.Create(text);
}
