namespace Lab.Plots;

/// <summary>Points of one line or cloud in a chart. A y that is not a number leaves a gap.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="X">Horizontal.</param>
/// <param name="Y">Vertical, one per <paramref name="X"/>.</param>
/// <exception cref="ArgumentException">Not as many values as places.</exception>
public sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>Vertical.</summary>
    public IReadOnlyList<double> Y { get; } = Y.Count == X.Count
        ? Y
        : throw new ArgumentException($"'{Name}' has {X.Count} x and {Y.Count} y values.", nameof(Y));

    /// <summary>Shown when the pointer rests on a point, one per point; none without.</summary>
    /// <exception cref="ArgumentException">Another number of words than of points.</exception>
    public IReadOnlyList<string> Hover
    {
        get;
        init => field = value.Count == 0 || value.Count == X.Count
            ? value
            : throw new ArgumentException($"'{Name}' has {X.Count} points and words for {value.Count}.", nameof(value));
    } = [];
}

/// <summary>Bars of one colour in a chart.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Values">One per category of the chart.</param>
public sealed record BarGroup(string Name, IReadOnlyList<double> Values)
{
    /// <summary>Half the length of the error bar of each bar, e.g. a standard deviation over seeds; none without.</summary>
    /// <exception cref="ArgumentException">Another number of spreads than of bars.</exception>
    public IReadOnlyList<double> Spread
    {
        get;
        init => field = value.Count == 0 || value.Count == Values.Count
            ? value
            : throw new ArgumentException($"'{Name}' has {Values.Count} bars and {value.Count} spreads.", nameof(value));
    } = [];
}

/// <summary>A sequence cut into units.</summary>
/// <param name="Name">Of the row.</param>
/// <param name="Starts">Where each unit starts, and at the end where the last one ends.</param>
/// <param name="Values">One per unit.</param>
/// <param name="Labels">One per unit.</param>
/// <exception cref="ArgumentException">Not as many values and labels as units.</exception>
public sealed record Strip(string Name, IReadOnlyList<double> Starts, IReadOnlyList<double> Values, IReadOnlyList<string> Labels)
{
    /// <summary>One per unit.</summary>
    public IReadOnlyList<double> Values { get; } = Values.Count == Starts.Count - 1 && Labels.Count == Values.Count
        ? Values
        : throw new ArgumentException($"'{Name}' has {Starts.Count - 1} units, but {Values.Count} values and {Labels.Count} labels.", nameof(Values));
}
