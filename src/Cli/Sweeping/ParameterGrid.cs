using System.Globalization;

namespace Lab.Cli.Sweeping;

/// <summary>The values that a sweep gives to parameters, and all their combinations.</summary>
internal static class ParameterGrid
{
    /// <param name="settings">Each <c>name=value,value,...</c>; a name given twice has the values of both.</param>
    /// <param name="profile">Short for <c>profile=...</c>; null for none.</param>
    /// <param name="seeds">Short for <c>seed=0,1,...</c>, so many; null for none.</param>
    /// <exception cref="UsageException">Not of that form, no value, or a value given twice.</exception>
    public static OrderedDictionary<string, IReadOnlyList<string>> Parse(IEnumerable<string> settings, string? profile, int? seeds)
    {
        if (seeds < 1) throw new UsageException($"--seeds expects a number above 0, got {seeds}.");
        var all = settings.ToList();
        if (profile is not null) all.Insert(0, $"profile={profile}");
        if (seeds is { } count) all.Add($"seed={string.Join(',', Enumerable.Range(0, count).Select(seed => seed.ToString(CultureInfo.InvariantCulture)))}");

        var grid = new OrderedDictionary<string, IReadOnlyList<string>>();
        foreach (var (name, values) in all.Select(RunCommand.Setting))
            grid[name] = [.. grid.GetValueOrDefault(name) ?? [], .. values.Split(',', StringSplitOptions.TrimEntries)];
        foreach (var (name, values) in grid) Check(name, values);
        return grid;
    }

    /// <summary>The grid's points: the last parameter changes fastest.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string>> Points(IReadOnlyDictionary<string, IReadOnlyList<string>> grid)
    {
        IEnumerable<OrderedDictionary<string, string>> points = [[]];
        foreach (var (name, values) in grid)
            points = points.SelectMany(_ => values, (point, value) => new OrderedDictionary<string, string>(point) { [name] = value });
        return points;
    }

    private static void Check(string name, IReadOnlyList<string> values)
    {
        if (values.Any(value => value.Length == 0)) throw new UsageException($"-p {name}={string.Join(',', values)}: a value between commas is missing.");
        if (values.CountBy(value => value).FirstOrDefault(value => value.Value > 1).Key is { } twice) throw new UsageException($"The parameter {name} is given the value {twice} twice.");
    }
}
