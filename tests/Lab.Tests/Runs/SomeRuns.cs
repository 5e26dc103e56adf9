using Lab.Papers;
using Lab.Runs;

namespace Lab.Tests.Runs;

/// <summary>Records for tests.</summary>
internal static class SomeRuns
{
    public static RunRecord Run(string id, string notebook = "toy", int seed = 0, double lr = 0.1, string status = "Succeeded", double margin = 2, int minute = 0) => new(
        id, notebook, status, new DateTimeOffset(2026, 1, 2, 3, minute, 0, TimeSpan.Zero), 12.5,
        new Dictionary<string, string> { ["seed"] = $"{seed}", ["lr"] = FormattableString.Invariant($"{lr}"), ["profile"] = "quick" },
        new Dictionary<string, string> { ["commit"] = "abc", ["devices"] = "cpu" })
    {
        Claims = new Claims(notebook, [new Claim("it learns", "90 %", [margin], "points") { Required = 1 }, new Claim("it is fast", "2 x", [double.NaN], "x")]),
        Curves = [new Curve($"toy, seed {seed}", Curve.Loss, [1, 2, 3], [3, 2, double.NaN]), new Curve($"toy, seed {seed}", "top-1 (%)", [3], [40 + seed])],
    };
}
