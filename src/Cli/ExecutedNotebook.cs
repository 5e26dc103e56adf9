using System.Globalization;
using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Papers;
using Lab.Runs;

namespace Lab.Cli;

/// <summary>What an executed notebook tells of its run: its metadata, its claims, its trainings.</summary>
internal static class ExecutedNotebook
{
    private const string TrainingType = "application/vnd.lab.training+json";

    /// <returns>Null where the notebook was never executed by <c>lab</c>.</returns>
    /// <exception cref="FormatException">Its outputs do not hold what their types promise.</exception>
    public static RunRecord? Record(NotebookDocument notebook)
    {
        if (notebook.Metadata["lab"] is not JsonObject run || !DateTimeOffset.TryParse((string?)run["started"], CultureInfo.InvariantCulture, out var started)) return null;
        return new RunRecord(
            (string?)run["id"] ?? $"{notebook.Name} {started:O}", notebook.Name, (string?)run["status"] ?? Ended(notebook, run), started, (double?)run["seconds"] ?? 0,
            Texts(run["parameters"] as JsonObject), Environment(run))
        {
            Claims = Data(notebook, ClaimCounts.MimeType).Select(ClaimsJson.Read).LastOrDefault(),
            Curves = [.. Data(notebook, TrainingType).SelectMany(CurvesJson.Read)],
        };
    }

    // Who writes an id also writes how the run ended, unless it died before; earlier versions wrote neither.
    private static string Ended(NotebookDocument notebook, JsonObject run) =>
        run["id"] is not null ? nameof(RunStatus.ProcessDied)
        : notebook.Cells.SelectMany(cell => cell.Outputs).Any(output => (string?)output?["output_type"] == "error") ? nameof(RunStatus.CellFailed)
        : nameof(RunStatus.Succeeded);

    private static IEnumerable<JsonNode> Data(NotebookDocument notebook, string type) =>
        notebook.Cells.SelectMany(cell => cell.Outputs).Select(output => (output?["data"] as JsonObject)?[type]).OfType<JsonNode>();

    private static Dictionary<string, string> Environment(JsonObject run) =>
        Texts(run["machine"] as JsonObject).Concat(Texts(run["environment"] as JsonObject)).ToDictionary();

    private static Dictionary<string, string> Texts(JsonObject? values) =>
        values?.ToDictionary(value => value.Key, value => value.Value?.ToString() ?? "null") ?? [];
}
