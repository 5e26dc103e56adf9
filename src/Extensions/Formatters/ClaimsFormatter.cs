using Lab.Metrics;
using Lab.Papers;

namespace Lab.Extensions.Formatters;

/// <summary>Claims as a table, and as data for the runner, which fails a notebook whose claims fail.</summary>
internal static class ClaimsFormatter
{
    /// <param name="session">Remembers what was shown last.</param>
    public static void Register(SessionRun session) => Format.Register<Claims>((Format.Claims, claims => ToJson(claims, session)), (Format.Html, ToHtml), (Format.Text, ToText));

    internal static string ToJson(Claims claims, SessionRun session)
    {
        session.Shown(claims);
        return ClaimsJson.Write(claims).ToJsonString();
    }

    private static string ToHtml(Claims claims) => Markup.Output(Table(claims).ToHtml());

    private static string ToText(Claims claims) => $"Claims of {claims.Slug}\n{Table(claims).ToText()}";

    private static Table Table(Claims claims)
    {
        var explained = claims.Items.Any(claim => claim.NotReproduced is not null);
        return new(
            [new("claim"), new("reported"), new("ours"), new("required"), new("verdict"), .. explained ? [new Column("why")] : Array.Empty<Column>()],
            [.. claims.Items.Select(claim => (Cell[])
            [
                new(claim.Name, "words"), new(claim.Reported, "words"), Ours(claim), Required(claim), Verdict(claim), .. explained ? [Why(claim)] : Array.Empty<Cell>(),
            ])]);
    }

    private static string Ours(Claim claim)
    {
        if (claim.Margins.Count == 0) return "not measured";
        var ours = Spread.Of(claim.Margins);
        return ours.Count == 1
            ? $"{Signed(ours.Mean)} {claim.Unit}, 1 seed"
            : $"{Signed(ours.Mean)} ± {Format.Number(ours.Deviation, 2)} {claim.Unit}, {ours.Count} seeds";
    }

    private static string Required(Claim claim)
    {
        if (claim.Required is not { } required) return "";
        var seeds = claim.SeedsRequired is { } enough && enough < claim.Margins.Count ? $" in {enough} of {claim.Margins.Count} seeds" : claim.Margins.Count > 1 ? " in every seed" : "";
        return $"≥ {Signed(required)} {claim.Unit}{seeds}";
    }

    // Colour and symbol: neither alone reaches everybody.
    private static Cell Verdict(Claim claim)
    {
        var held = claim.Margins.Count > 1 ? $" ({claim.SeedsHeld} of {claim.Margins.Count})" : "";
        return claim.Verdict switch
        {
            Papers.Verdict.Holds => new Cell($"✓ holds{held}", "tick good"),
            Papers.Verdict.Fails => new Cell($"✗ fails{held}", "tick bad"),
            Papers.Verdict.NotReproduced => new Cell($"○ not reproduced{held}", "tick odd"),
            Papers.Verdict.HoldsNow => new Cell($"! holds now{held}", "tick odd"),
            _ => new("· reported only", "tick faint"),
        };
    }

    private static Cell Why(Claim claim) => claim.Verdict switch
    {
        Papers.Verdict.NotReproduced => new Cell(claim.NotReproduced!, "words faint"),
        Papers.Verdict.HoldsNow => new Cell($"declared as not reproduced ({claim.NotReproduced}): take the declaration out", "words faint"),
        _ => "",
    };

    private static string Signed(double value) => value > 0 ? $"+{Format.Number(value)}" : Format.Number(value);
}
