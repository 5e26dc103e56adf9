using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Publishing;

/// <summary>Numbers of figures with six digits, more than a picture can show; whole numbers stay as they are.</summary>
internal static class FigureNumbers
{
    public static void Round(JsonNode figure)
    {
        if (figure is JsonObject parts)
            foreach (var (name, part) in parts.ToArray()) Round(part, rounded => parts[name] = rounded);
        if (figure is JsonArray items)
            for (var i = 0; i < items.Count; i++) Round(items[i], rounded => items[i] = rounded);
    }

    private static void Round(JsonNode? part, Action<JsonNode> replace)
    {
        if (part is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.Deserialize<double>() is var number && !double.IsInteger(number))
            replace(double.Parse(number.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        else if (part is not null)
            Round(part);
    }
}
