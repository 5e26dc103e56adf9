using Microsoft.Data.Analysis;

namespace Lab.Papers;

/// <summary>Columns of the notebooks' tables, each from one value per row.</summary>
internal static class Columns
{
    /// <summary>Words.</summary>
    public static StringDataFrameColumn Words<T>(string name, IEnumerable<T> rows, Func<T, string> value) => new(name, rows.Select(value));

    /// <summary>Numbers, perhaps rounded; null leaves a gap.</summary>
    /// <param name="name">Of the column, with unit.</param>
    /// <param name="rows">What the rows are about.</param>
    /// <param name="value">Of a row.</param>
    /// <param name="digits">Behind the point; null: as it is.</param>
    public static DoubleDataFrameColumn Number<T>(string name, IEnumerable<T> rows, Func<T, double?> value, int? digits = null) =>
        new(name, rows.Select(row => Rounded(value(row), digits)));

    private static double? Rounded(double? value, int? digits) => value is { } number && digits is { } places ? Math.Round(number, places) : value;
}
