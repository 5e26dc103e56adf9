using System.Text.Json.Nodes;

namespace Lab.Runs;

/// <summary>What a training measured over its steps.</summary>
/// <param name="Training">Name of the training, e.g. <c>CCT-2/3x2, seed 0</c>.</param>
/// <param name="Metric"><see cref="Loss"/>, or the name of what an evaluation gave, with its unit.</param>
/// <param name="Steps">Ascending.</param>
/// <param name="Values">One per step.</param>
/// <exception cref="ArgumentException">Not as many values as steps.</exception>
public sealed record Curve(string Training, string Metric, IReadOnlyList<long> Steps, IReadOnlyList<double> Values)
{
    /// <summary>The metric that every training has: its training loss.</summary>
    public const string Loss = "loss";

    /// <summary>One per step.</summary>
    public IReadOnlyList<double> Values { get; } = Values.Count == Steps.Count
        ? Values
        : throw new ArgumentException($"The curve '{Metric}' of '{Training}' has {Steps.Count} steps and {Values.Count} values.", nameof(Values));
}

/// <summary>Curves as JSON: how a notebook's output carries them to whoever ran it.</summary>
public static class CurvesJson
{
    /// <summary>A value that is not a number becomes null.</summary>
    public static JsonObject Write(IReadOnlyList<Curve> curves) => new()
    {
        ["curves"] = new JsonArray([.. curves.Select(curve => new JsonObject
        {
            ["training"] = curve.Training,
            ["metric"] = curve.Metric,
            ["steps"] = new JsonArray([.. curve.Steps.Select(step => (JsonNode)step)]),
            ["values"] = new JsonArray([.. curve.Values.Select(value => double.IsFinite(value) ? (JsonNode)value : null)]),
        })]),
    };

    /// <summary>What <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">Something else.</exception>
    public static IReadOnlyList<Curve> Read(JsonNode json)
    {
        try
        {
            return
            [
                .. json["curves"]!.AsArray().Select(curve => new Curve(
                    (string)curve!["training"]!, (string)curve["metric"]!,
                    [.. curve["steps"]!.AsArray().Select(step => (long)step!)],
                    [.. curve["values"]!.AsArray().Select(value => (double?)value ?? double.NaN)])),
            ];
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new FormatException($"Not the curves of a training: {e.Message}", e);
        }
    }
}
