using System.Globalization;
using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;

namespace Lab.Cli.Sweeping;

/// <summary>The sweep as a notebook of its own, which draws its charts from the tables and can be gone on with, and as a page.</summary>
internal static class SweepPage
{
    private const int MostNames = 3;

    /// <summary>Its file name.</summary>
    public const string FileName = "index.html";

    /// <returns>How the notebook's run ended.</returns>
    /// <exception cref="IOException">The notebook cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The notebook cannot be written.</exception>
    public static Task<NotebookRun> WriteAsync(SweepResults results, SweepFolder folder, CancellationToken interrupt)
    {
        var source = folder.At("sweep.ipynb");
        AtomicFile.Write(source, Notebook(results));
        return new Worker(source, new RunOptions { NotebookPath = source, PagePath = folder.At(FileName) }, new Silence(), TextWriter.Null).RunAsync(interrupt);
    }

    private static byte[] Notebook(SweepResults results)
    {
        var cells = new List<JsonObject> { Cell("markdown", Title(results)), Cell("code", "var sweep = SweepResults.Load(\".\");") };
        foreach (var notebook in results.Measured)
        {
            cells.Add(Cell("markdown", $"## {notebook}\n\nThe margins of the claims over the seeds, then every run as a line over its parameters and its margins."));
            cells.Add(Cell("code", $"sweep.SummaryOf(\"{notebook}\")"));
            cells.Add(Cell("code", $"SweepCharts.ParallelCoordinates(sweep, \"{notebook}\")"));
            cells.Add(Cell("code", $"foreach (var chart in SweepCharts.Boxes(sweep, \"{notebook}\")) chart.Display();"));
        }

        cells.Add(Cell("markdown", Runs(results)));
        for (var i = 0; i < cells.Count; i++) cells[i]["id"] = $"cell-{i + 1}";
        return new System.Text.UTF8Encoding(false).GetBytes(new JsonObject
        {
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "lab-csharp", ["display_name"] = "C# (Lab)", ["language"] = "C#" } },
            ["cells"] = new JsonArray([.. cells]),
        }.ToJsonString());
    }

    private static JsonObject Cell(string type, string source)
    {
        var cell = new JsonObject { ["cell_type"] = type, ["metadata"] = new JsonObject(), ["source"] = source };
        if (type == "code") (cell["execution_count"], cell["outputs"]) = (null, new JsonArray());
        return cell;
    }

    private static string Title(SweepResults results)
    {
        var grid = string.Concat(results.Sweep.Parameters.Select(parameter => $"\n- `{parameter.Key}`: {string.Join(", ", parameter.Value.Select(value => $"`{value}`"))}"));
        return $"# Sweep of {(results.Notebooks.Count <= MostNames ? string.Join(", ", results.Notebooks) : $"{results.Notebooks.Count} notebooks")}\n\n{results.Sweep.Runs.Count} runs, {results.Records.Count(record => record is not null)} of them over.\n{grid}";
    }

    private static string Runs(SweepResults results)
    {
        var names = results.Sweep.Parameters.Keys.ToList();
        var rows = results.Sweep.Runs.Zip(results.Records, (run, record) =>
            $"| {(record is null ? run.Name : $"[{run.Name}](<{run.Folder}/{run.Name}.html>)")} | {string.Concat(names.Select(name => $"{Escaped(run.Parameters[name])} | "))}{record?.Status ?? "not run"} | {record?.Seconds.ToString("0.0 s", CultureInfo.InvariantCulture)} | {record?.ClaimCounts} | {Escaped(record?.Message?.Split('\n')[0] ?? "")} |");
        return $"## Runs\n\n| notebook | {string.Concat(names.Select(name => $"{name} | "))}result | time | claims | why |\n|{string.Concat(Enumerable.Repeat("---|", names.Count + 5))}\n{string.Join('\n', rows)}";
    }

    private static string Escaped(string text) => text.Replace("|", "\\|").Replace("<", "&lt;").Replace("*", "\\*").Replace("_", "\\_");

    private sealed class Silence : IProgress<CellProgress>
    {
        public void Report(CellProgress value)
        {
        }
    }
}
