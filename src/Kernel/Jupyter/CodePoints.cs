namespace Lab.Kernel.Jupyter;

/// <summary>Front ends count positions in Unicode code points, C# counts UTF-16 units: beyond the emoji they part.</summary>
internal static class CodePoints
{
    /// <param name="text">The text.</param>
    /// <param name="position">In code points; one beyond the end is the end.</param>
    /// <returns>The same place in UTF-16 units.</returns>
    public static int ToUtf16(string text, int position)
    {
        var unit = 0;
        for (var point = 0; point < position && unit < text.Length; point++) unit += IsPair(text, unit) ? 2 : 1;
        return unit;
    }

    /// <param name="text">The text.</param>
    /// <param name="position">In UTF-16 units.</param>
    /// <returns>The same place in code points.</returns>
    public static int FromUtf16(string text, int position)
    {
        var points = 0;
        for (var unit = 0; unit < position; unit += IsPair(text, unit) ? 2 : 1) points++;
        return points;
    }

    private static bool IsPair(string text, int unit) => unit + 1 < text.Length && char.IsSurrogatePair(text[unit], text[unit + 1]);
}
