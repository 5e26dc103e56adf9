using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.Runs;

/// <summary>A condition on runs, e.g. <c>notebook=fqgan</c>, <c>epochs&gt;4</c> or <c>status!=Succeeded</c>.</summary>
public sealed partial class RunCondition
{
    private readonly string name, relation, value;

    private RunCondition(string name, string relation, string value) => (this.name, this.relation, this.value) = (name, relation, value);

    /// <summary>Names that are not parameters and not facts of the environment.</summary>
    private static readonly Dictionary<string, Func<RunRecord, string>> own = new()
    {
        ["id"] = run => run.ShortId,
        ["notebook"] = run => run.Notebook,
        ["status"] = run => run.Status,
        ["seconds"] = run => run.Seconds.ToString(CultureInfo.InvariantCulture),
        ["started"] = run => run.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
    };

    /// <summary>Reads a condition: a name, one of <c>= != &lt; &lt;= &gt; &gt;=</c>, and a value.</summary>
    /// <exception cref="FormatException">Something else.</exception>
    public static RunCondition Parse(string text)
    {
        var match = Form().Match(text);
        return match.Success
            ? new RunCondition(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value)
            : throw new FormatException($"'{text}' is no condition. Write a name, one of = != < <= > >=, and a value, without spaces: epochs>=4.");
    }

    /// <summary>Whether it holds for a run. Numbers are compared as numbers, all else as text; what a run does not have meets no condition but <c>!=</c>.</summary>
    public bool Holds(RunRecord run)
    {
        var actual = own.TryGetValue(name, out var get) ? get(run) : run.Parameters.GetValueOrDefault(name) ?? run.Environment.GetValueOrDefault(name);
        if (actual is null) return relation == "!=";
        var order = Number(actual) is { } a && Number(value) is { } b ? a.CompareTo(b) : string.CompareOrdinal(actual, value);
        return relation switch
        {
            "=" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex("^([A-Za-z_][A-Za-z0-9_]*)(!=|<=|>=|=|<|>)(.+)$")]
    private static partial Regex Form();
}
