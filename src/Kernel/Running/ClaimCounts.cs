using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Running;

/// <summary>What the claims tables of a notebook say.</summary>
/// <param name="Holds">Claims that hold.</param>
/// <param name="Fails">Claims that were expected to hold and do not.</param>
/// <param name="NotReproduced">Declared findings: not reproduced at this scale.</param>
/// <param name="HoldsNow">Declared as not reproduced, but hold.</param>
/// <param name="Reported">Shown without a verdict.</param>
public sealed record ClaimCounts(int Holds, int Fails, int NotReproduced, int HoldsNow, int Reported)
{
    /// <summary>MIME type of the output that carries claims to the runner.</summary>
    public const string MimeType = "application/vnd.lab.claims+json";

    /// <summary>Names of the claims that fail.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>All claims.</summary>
    public int Total => Holds + Fails + NotReproduced + HoldsNow + Reported;

    /// <summary>Counts the claims in a notebook's outputs.</summary>
    /// <exception cref="FormatException">A claims output is not of the agreed form.</exception>
    public static ClaimCounts In(NotebookDocument notebook)
    {
        var claims = notebook.Cells
            .SelectMany(c => c.Outputs)
            .Select(o => (o?["data"] as JsonObject)?[MimeType])
            .OfType<JsonNode>()
            .SelectMany(ReadClaims)
            .ToList();

        return new ClaimCounts(Count("Holds"), Count("Fails"), Count("NotReproduced"), Count("HoldsNow"), Count("Reported"))
        {
            Failed = [.. claims.Where(c => c.Verdict == "Fails").Select(c => c.Name)],
        };

        int Count(string verdict) => claims.Count(c => c.Verdict == verdict);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        (int Count, string Words)[] parts =
            [(Holds, "hold"), (Fails, "fail"), (NotReproduced, "not reproduced"), (HoldsNow, "hold now"), (Reported, "reported")];
        return Total == 0 ? "none" : string.Join(", ", parts.Where(p => p.Count > 0).Select(p => $"{p.Count} {p.Words}"));
    }

    private static IEnumerable<(string Name, string Verdict)> ReadClaims(JsonNode output)
    {
        if (output["claims"] is not JsonArray claims)
            throw new FormatException($"An output of type {MimeType} has no array 'claims'.");
        foreach (var claim in claims)
        {
            var verdict = claim?["verdict"]?.ToString();
            if (verdict is not ("Holds" or "Fails" or "NotReproduced" or "HoldsNow" or "Reported"))
                throw new FormatException($"A claim has the verdict '{verdict}'; expected Holds, Fails, NotReproduced, HoldsNow or Reported.");
            yield return (claim!["name"]?.ToString() ?? "", verdict);
        }
    }
}
