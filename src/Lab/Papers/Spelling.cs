namespace Lab.Papers;

/// <summary>Finds what a mistyped name may have meant.</summary>
internal static class Spelling
{
    /// <returns>The three names that take the fewest changed letters, names that contain the text first.</returns>
    public static IReadOnlyList<string> Closest(string text, IEnumerable<string> names) =>
    [
        .. names.Distinct()
            .OrderByDescending(name => text.Length > 2 && name.Contains(text, StringComparison.OrdinalIgnoreCase))
            .ThenBy(name => Distance(text.ToLowerInvariant(), name.ToLowerInvariant()))
            .Take(3),
    ];

    // Levenshtein 1966: the fewest letters to insert, delete or replace.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
