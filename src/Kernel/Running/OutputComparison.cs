using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Running;

/// <summary>
/// Compares what two runs of a notebook show. Times, rates, dates, memory sizes and random ids may differ; cells with the
/// tag <c>nbval-ignore-output</c>, which nbval has established for this, may differ in all.
/// </summary>
public static class OutputComparison
{
    private const string IgnoreTag = "nbval-ignore-output";

    /// <returns>One line per cell that differs, in order: the cell, and its first difference.</returns>
    /// <exception cref="ArgumentException">The notebooks do not have the same code cells.</exception>
    public static IReadOnlyList<string> Differences(NotebookDocument first, NotebookDocument second)
    {
        var (before, after) = (NotebookExecution.CellsToRun(first), NotebookExecution.CellsToRun(second));
        if (!before.Select(c => c.Source).SequenceEqual(after.Select(c => c.Source)))
            throw new ArgumentException($"{first.Name} and {second.Name} are not runs of the same notebook: their code differs.");

        return [.. before.Zip(after).Select((pair, i) => (Number: i + 1, pair.First, pair.Second))
            .Where(c => !c.First.Tags.Contains(IgnoreTag))
            .Select(c => (c.Number, What: OfCells(c.First, c.Second)))
            .Where(c => c.What is not null)
            .Select(c => $"Cell [{c.Number}]: {c.What}")];
    }

    private static string? OfCells(NotebookCell first, NotebookCell second)
    {
        if (first.Outputs.Count != second.Outputs.Count) return $"{first.Outputs.Count} outputs, then {second.Outputs.Count}";
        return first.Outputs.Zip(second.Outputs).Select((pair, i) => OfOutputs(pair.First!, pair.Second!, i + 1)).FirstOrDefault(what => what is not null);
    }

    private static string? OfOutputs(JsonNode first, JsonNode second, int number)
    {
        var (before, after) = (Forms(first), Forms(second));
        var place = $"output {number}";
        if (!before.Keys.SequenceEqual(after.Keys)) return $"{place} is {string.Join(", ", before.Keys)}, then {string.Join(", ", after.Keys)}";
        return before.Where(form => form.Value != after[form.Key]).Select(form => $"{place}, {form.Key}{FirstDifference(form.Value, after[form.Key])}").FirstOrDefault();
    }

    // Text forms first: they show a difference best.
    private static OrderedDictionary<string, string> Forms(JsonNode output)
    {
        var forms = new OrderedDictionary<string, string>();
        switch ((string?)output["output_type"])
        {
            case "stream":
                forms[$"{output["name"]}"] = VolatileText.Mask(MultilineText.Read(output["text"]));
                break;
            case "error":
                forms["error"] = VolatileText.Mask($"{output["ename"]}: {output["evalue"]}");
                break;
            default:
                foreach (var (type, value) in (output["data"] as JsonObject ?? []).OrderByDescending(d => d.Key, StringComparer.Ordinal))
                    forms[type] = Form(type, value);
                break;
        }

        return forms;
    }

    private static string Form(string type, JsonNode? value) => type switch
    {
        "text/html" or "image/svg+xml" => VolatileText.MaskHtml(MultilineText.Read(value)),
        "application/vnd.jupyter.widget-view+json" => "", // names a model by a random id
        _ when type.StartsWith("text/", StringComparison.Ordinal) => VolatileText.Mask(MultilineText.Read(value)),
        _ => value?.ToJsonString() ?? "",
    };

    private static string FirstDifference(string first, string second)
    {
        var (before, after) = (first.Split('\n'), second.Split('\n'));
        var line = Enumerable.Range(0, Math.Min(before.Length, after.Length)).FirstOrDefault(i => before[i] != after[i], -1);
        if (line < 0) return $": {before.Length} lines, then {after.Length}";
        var start = before[line].Zip(after[line]).TakeWhile(pair => pair.First == pair.Second).Count();
        return $", line {line + 1}: \"{Around(before[line], start)}\", then \"{Around(after[line], start)}\"";
    }

    private static string Around(string line, int start)
    {
        const int context = 24;
        var (from, to) = (Math.Max(0, start - context), Math.Min(line.Length, start + context));
        return $"{(from > 0 ? "…" : "")}{line[from..to]}{(to < line.Length ? "…" : "")}";
    }
}
