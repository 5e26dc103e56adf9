using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Running;

/// <summary>What an executed notebook says about its run; nothing in it names a user or a place on the disk.</summary>
internal static class RunMetadata
{
    /// <summary>Times of a cell under the names that nbclient uses, so that front ends show them.</summary>
    public static void Stamp(NotebookCell cell, DateTime start, DateTime end) => cell.Metadata["execution"] = new JsonObject
    {
        ["iopub.execute_input"] = Iso(start),
        ["iopub.status.busy"] = Iso(start),
        ["iopub.status.idle"] = Iso(end),
        ["shell.execute_reply"] = Iso(end),
    };

    /// <summary>The run as a whole: <c>metadata.lab</c>.</summary>
    /// <param name="notebook">Is changed.</param>
    /// <param name="id">Of this run alone.</param>
    /// <param name="started">UTC.</param>
    /// <param name="parameters">As they were when the first cell behind them began.</param>
    /// <param name="environment">Libraries, devices and the commit, by name.</param>
    public static void Stamp(NotebookDocument notebook, Guid id, DateTime started, IReadOnlyList<NotebookVariable> parameters, IReadOnlyDictionary<string, string> environment)
    {
        var values = new JsonObject(parameters.Select(p => KeyValuePair.Create(p.Name, Value(p.Value))));
        var run = new JsonObject
        {
            ["environment"] = new JsonObject(environment.Select(fact => KeyValuePair.Create(fact.Key, (JsonNode?)fact.Value))),
            ["id"] = id.ToString("N"),
            ["machine"] = new JsonObject { ["cores"] = Environment.ProcessorCount, ["cpu"] = Cpu(), ["os"] = RuntimeInformation.OSDescription },
            ["parameters"] = values,
            ["seconds"] = Math.Round((DateTime.UtcNow - started).TotalSeconds, 1),
            ["started"] = Iso(started),
            ["version"] = typeof(RunMetadata).Assembly.GetName().Version!.ToString(3),
        };
        if (values["profile"] is { } profile) run["profile"] = profile.DeepClone();
        notebook.Metadata["lab"] = run;
    }

    /// <summary>How the run ended: <c>metadata.lab.status</c>. Without it the run is not over, or whoever ran it died.</summary>
    public static void Stamp(NotebookDocument notebook, RunStatus status) => notebook.Metadata["lab"]!["status"] = status.ToString();

    private static JsonNode? Value(object? value) => value switch
    {
        null => null,
        bool or string or byte or short or int or uint or long or ulong or float or double or decimal => JsonSerializer.SerializeToNode(value, numbers),
        _ => value.ToString(),
    };

    // NaN and infinity have no JSON number; as text they are at least told.
    private static readonly JsonSerializerOptions numbers = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static string Iso(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Cpu()
    {
        const string linux = "/proc/cpuinfo";
        var model = File.Exists(linux) ? File.ReadLines(linux).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return model?[(model.IndexOf(':') + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") // Windows
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
