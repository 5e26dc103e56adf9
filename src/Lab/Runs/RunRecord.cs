using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Papers;

namespace Lab.Runs;

/// <summary>What is kept of one run of a notebook.</summary>
/// <param name="Id">Of this run alone.</param>
/// <param name="Notebook">File name without extension; a paper's is its slug.</param>
/// <param name="Status">How it ended, e.g. <c>Succeeded</c> or <c>CellFailed</c>.</param>
/// <param name="Started">UTC.</param>
/// <param name="Seconds">From the first cell's start.</param>
/// <param name="Parameters">All that the notebook has, as text.</param>
/// <param name="Environment">Commit, processor, devices, versions of libraries, by name.</param>
public sealed record RunRecord(
    string Id, string Notebook, string Status, DateTimeOffset Started, double Seconds,
    IReadOnlyDictionary<string, string> Parameters, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Why the run did not succeed.</summary>
    public string? Message { get; init; }

    /// <summary>What the claims table says; null without one.</summary>
    public Claims? Claims { get; init; }

    /// <summary>What trainings measured.</summary>
    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>The first digits of <see cref="Id"/>, which tell runs apart for people.</summary>
    public string ShortId => Id[..Math.Min(Id.Length, 8)];

    /// <summary>The profile it ran in; null where the notebook has none.</summary>
    public string? Profile => Parameters.GetValueOrDefault("profile");

    /// <summary>Claims by what became of them, in words, e.g. <c>5 hold, 2 reported</c>.</summary>
    public string ClaimCounts
    {
        get
        {
            (Verdict Verdict, string Words)[] words =
                [(Verdict.Holds, "hold"), (Verdict.Fails, "fail"), (Verdict.NotReproduced, "not reproduced"), (Verdict.HoldsNow, "hold now"), (Verdict.Reported, "reported")];
            return string.Join(", ", words.Select(word => (Count: Claims?.Items.Count(claim => claim.Verdict == word.Verdict) ?? 0, word.Words)).Where(part => part.Count > 0).Select(part => $"{part.Count} {part.Words}"));
        }
    }

    /// <summary>The record as JSON.</summary>
    /// <param name="withCurves">False leaves the curves out.</param>
    public JsonObject ToJson(bool withCurves = true)
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["notebook"] = Notebook,
            ["status"] = Status,
            ["message"] = Message,
            ["started"] = Started.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            ["seconds"] = Seconds,
            ["parameters"] = Texts(Parameters),
            ["environment"] = Texts(Environment),
            ["claims"] = Claims is null ? null : ClaimsJson.Write(Claims),
        };
        if (withCurves) json["training"] = CurvesJson.Write(Curves);
        return json;
    }

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">Something else.</exception>
    public static RunRecord Parse(string json)
    {
        try
        {
            var root = JsonNode.Parse(json)!;
            return new RunRecord(
                (string)root["id"]!, (string)root["notebook"]!, (string)root["status"]!,
                DateTimeOffset.Parse((string)root["started"]!, System.Globalization.CultureInfo.InvariantCulture), (double)root["seconds"]!, Texts(root["parameters"]!), Texts(root["environment"]!))
            {
                Message = (string?)root["message"],
                Claims = root["claims"] is { } claims ? ClaimsJson.Read(claims) : null,
                Curves = root["training"] is { } training ? CurvesJson.Read(training) : [],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentNullException)
        {
            throw new FormatException($"Not the record of a run: {e.Message}", e);
        }
    }

    private static JsonObject Texts(IReadOnlyDictionary<string, string> texts) => new(texts.Select(text => KeyValuePair.Create(text.Key, (JsonNode?)text.Value)));

    private static Dictionary<string, string> Texts(JsonNode texts) => texts.AsObject().ToDictionary(text => text.Key, text => (string)text.Value!);
}
