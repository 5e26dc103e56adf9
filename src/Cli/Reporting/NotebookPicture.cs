using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Lab.Cli.Reporting;

/// <summary>The picture that stands for a notebook.</summary>
internal static class NotebookPicture
{
    private const int LeastBytes = 8_000, MostBytes = 250_000;

    /// <returns>
    /// The last picture behind the middle of the notebook, where results are, that is not a chart, whose letters would be too
    /// small; else the last chart there, else the last picture anywhere, as PNG; null when there is none.
    /// </returns>
    public static byte[]? Find(NotebookDocument notebook)
    {
        var outputs = notebook.Cells.SelectMany((cell, i) => cell.Outputs.Select(output => (Data: output?["data"] as JsonObject, IsLate: i >= notebook.Cells.Count / 2)))
            .Where(output => output.Data?["image/png"] is not null)
            .Select(output => (Png: Bytes(output.Data!["image/png"]!), IsChart: output.Data.ContainsKey("application/vnd.plotly.v1+json"), output.IsLate))
            .Where(output => output.Png.Length is >= LeastBytes and <= MostBytes)
            .ToList();
        return outputs.AsEnumerable().Reverse().OrderByDescending(output => (output.IsLate, !output.IsChart)).Select(output => output.Png).FirstOrDefault();
    }

    // One string, or an array of its lines.
    private static byte[] Bytes(JsonNode png) => Convert.FromBase64String(png is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string)png!);
}
