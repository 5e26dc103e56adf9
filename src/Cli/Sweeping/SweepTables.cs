using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Lab.Kernel.Notebooks;
using Lab.Runs;
using Microsoft.Data.Analysis;

namespace Lab.Cli.Sweeping;

/// <summary>The tables of a sweep as files: CSV, and Arrow (Feather), which pandas, Polars, R and DuckDB read with its types.</summary>
internal static class SweepTables
{
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They cannot be written.</exception>
    public static void Write(SweepResults results, SweepFolder folder)
    {
        foreach (var (name, table) in new[] { ("runs", results.Runs), ("measures", results.Measures) })
        {
            AtomicFile.Write(folder.At($"{name}.csv"), Csv(table));
            AtomicFile.Write(folder.At($"{name}.arrow"), Arrow(table));
        }
    }

    // DataFrame.SaveCsv writes 0.05 as 0.050000000000000003.
    private static byte[] Csv(DataFrame table)
    {
        var lines = table.Rows.Select(row => string.Join(',', row.Select(Field)));
        return Encoding.UTF8.GetBytes(string.Join('\n', lines.Prepend(string.Join(',', table.Columns.Select(column => Field(column.Name))))) + "\n");
    }

    private static string Field(object? value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }

    private static byte[] Arrow(DataFrame table)
    {
        using var bytes = new MemoryStream();
        var schema = new Schema([.. table.Columns.Select(column => new Apache.Arrow.Field(column.Name, Type(column), nullable: true))], metadata: null);
        using var batch = new RecordBatch(schema, table.Columns.Select(Values), (int)table.Rows.Count);
        using (var writer = new ArrowFileWriter(bytes, schema, leaveOpen: true))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        return bytes.ToArray();
    }

    private static IArrowType Type(DataFrameColumn column) => column is DoubleDataFrameColumn ? DoubleType.Default : StringType.Default;

    private static IArrowArray Values(DataFrameColumn column)
    {
        if (column is DoubleDataFrameColumn numbers)
        {
            var builder = new DoubleArray.Builder();
            foreach (var number in numbers)
                if (number is { } value) builder.Append(value);
                else builder.AppendNull();
            return builder.Build();
        }

        var texts = new StringArray.Builder();
        foreach (var text in (StringDataFrameColumn)column) texts.Append(text);
        return texts.Build();
    }
}
