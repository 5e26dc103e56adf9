using System.Text.Json.Nodes;

namespace Lab.Papers;

/// <summary>Claims as JSON: how a notebook's output carries them to whoever ran it.</summary>
public static class ClaimsJson
{
    /// <summary>With what follows from the margins: seeds that hold, and the verdict.</summary>
    public static JsonObject Write(Claims claims) => new()
    {
        ["slug"] = claims.Slug,
        ["claims"] = new JsonArray([.. claims.Items.Select(claim => new JsonObject
        {
            ["name"] = claim.Name,
            ["reported"] = claim.Reported,
            ["margins"] = new JsonArray([.. claim.Margins.Select(Finite)]),
            ["unit"] = claim.Unit,
            ["required"] = claim.Required,
            ["seedsRequired"] = claim.SeedsRequired,
            ["seedsHeld"] = claim.SeedsHeld,
            ["verdict"] = claim.Verdict.ToString(),
            ["notReproduced"] = claim.NotReproduced,
        })]),
    };

    /// <summary>What <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">Something else.</exception>
    public static Claims Read(JsonNode json)
    {
        try
        {
            return new Claims((string)json["slug"]!, [.. json["claims"]!.AsArray().Select(claim => ReadClaim(claim!))]);
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or ArgumentException)
        {
            throw new FormatException($"Not the claims of a notebook: {e.Message}", e);
        }
    }

    private static Claim ReadClaim(JsonNode claim) =>
        new((string)claim["name"]!, (string)claim["reported"]!, [.. claim["margins"]!.AsArray().Select(margin => (double?)margin ?? double.NaN)], (string)claim["unit"]!)
        {
            Required = (double?)claim["required"],
            SeedsRequired = (int?)claim["seedsRequired"],
            NotReproduced = (string?)claim["notReproduced"],
        };

    // JSON has no NaN.
    private static JsonNode? Finite(double margin) => double.IsFinite(margin) ? JsonValue.Create(margin) : null;
}
