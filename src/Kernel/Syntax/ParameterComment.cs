using System.Globalization;

namespace Lab.Syntax;

/// <summary>
/// The comment behind a parameter: <c>[range or choices]: [meaning]</c>, where a range is <c>a..b</c> and choices are
/// <c>x | y | z</c>. Both parts are optional; a comment that starts with neither is all meaning.
/// </summary>
internal sealed record ParameterComment(ParameterRange? Range, IReadOnlyList<string> Choices, string Meaning)
{
    public static ParameterComment Parse(string comment)
    {
        var text = comment.Trim();
        var colon = text.IndexOf(':');
        var head = (colon < 0 ? text : text[..colon]).Trim();
        var meaning = colon < 0 ? "" : text[(colon + 1)..].Trim();

        if (ParseRange(head) is { } range) return new(range, [], meaning);
        if (ParseChoices(head) is { } choices) return new(null, choices, meaning);
        return new(null, [], text);
    }

    private static ParameterRange? ParseRange(string text)
    {
        var ends = text.Split("..");
        return ends.Length == 2 && ParseNumber(ends[0]) is { } minimum && ParseNumber(ends[1]) is { } maximum
            ? new ParameterRange(minimum, maximum, text)
            : null;
    }

    private static double? ParseNumber(string text) =>
        double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    // A choice is one word: prose that happens to hold a bar is not a list of choices.
    private static string[]? ParseChoices(string text)
    {
        var choices = text.Split('|').Select(c => c.Trim().Trim('"')).ToArray();
        return choices.Length > 1 && choices.All(c => c.Length > 0 && !c.Any(char.IsWhiteSpace)) ? choices : null;
    }
}
