using System.Text.RegularExpressions;

namespace Lab.Kernel.Session;

/// <summary>A stretch of a cell: plain code, one magic command, or one reference directive.</summary>
internal abstract record CellPart
{
    /// <param name="Text">Preceded by as many line breaks as lines stand above it in the cell, so that errors name the cell's lines.</param>
    public sealed record Code(string Text) : CellPart;

    /// <param name="Name">Without <c>#!</c>.</param>
    /// <param name="Arguments">What stands behind the name.</param>
    /// <param name="Rest">The cell below the magic, with the line breaks above it.</param>
    public sealed record Magic(string Name, string Arguments, string Rest) : CellPart;

    /// <param name="Target">What stands between the quotes of <c>#r "..."</c>.</param>
    public sealed record Reference(string Target) : CellPart;

    /// <param name="Target">What stands between the quotes of <c>#i "..."</c>.</param>
    public sealed record PackageSource(string Target) : CellPart;
}

internal static partial class CellParts
{
    /// <summary>Cuts a cell at its <c>#!</c>, <c>#r</c> and <c>#i</c> lines. A magic is the last part; it holds the rest of the cell.</summary>
    public static IEnumerable<CellPart> Of(string cell)
    {
        var lines = cell.Split('\n');
        var start = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var magic = MagicLine().Match(lines[i]);
            var reference = ReferenceLine().Match(lines[i]);
            if (!magic.Success && !reference.Success) continue;

            if (Code(lines, start, i) is { } before) yield return before;
            start = i + 1;
            if (reference.Success)
            {
                var target = reference.Groups[2].Value;
                yield return reference.Groups[1].Value == "r" ? new CellPart.Reference(target) : new CellPart.PackageSource(target);
            }
            else
            {
                yield return new CellPart.Magic(magic.Groups[1].Value, magic.Groups[2].Value.Trim(), Below(lines, start, lines.Length));
                yield break;
            }
        }

        if (Code(lines, start, lines.Length) is { } last) yield return last;
    }

    /// <summary>The cell with its magic and reference lines as comments, every character in its place.</summary>
    public static string WithoutMagics(string cell)
    {
        var lines = cell.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!MagicLine().IsMatch(lines[i].TrimEnd('\r')) && !ReferenceLine().IsMatch(lines[i].TrimEnd('\r'))) continue;
            var hash = lines[i].IndexOf('#');
            lines[i] = $"{lines[i][..hash]}//{lines[i][(hash + 2)..]}";
        }

        return string.Join('\n', lines);
    }

    private static CellPart.Code? Code(string[] lines, int from, int to) =>
        lines[from..to].All(string.IsNullOrWhiteSpace) ? null : new CellPart.Code(Below(lines, from, to));

    private static string Below(string[] lines, int from, int to) => new string('\n', from) + string.Join('\n', lines[from..to]);

    [GeneratedRegex(@"^\s*#!([\w#.+-]+)(.*)$")]
    private static partial Regex MagicLine();

    [GeneratedRegex("""^\s*#(r|i)\s+"([^"]*)"\s*;?\s*$""")]
    private static partial Regex ReferenceLine();
}
