namespace Lab.Papers;

/// <summary>What became of a claim in a reproduction.</summary>
public enum Verdict
{
    /// <summary>Enough seeds reach the margin.</summary>
    Holds,

    /// <summary>Too few seeds reach the margin, and nobody has declared that finding: the run fails.</summary>
    Fails,

    /// <summary>Too few seeds reach the margin, as declared with a reason: a finding, not a failure.</summary>
    NotReproduced,

    /// <summary>Declared as not reproduced, but enough seeds reach the margin now: the declaration should go.</summary>
    HoldsNow,

    /// <summary>Reported without a verdict at this scale.</summary>
    Reported,
}

/// <summary>One statement of a paper beside what a reproduction measured.</summary>
/// <param name="Name">Short, e.g. <c>CCT beats ViT-Lite</c>.</param>
/// <param name="Reported">The paper's own numbers, as text.</param>
/// <param name="Margins">Ours, one number per seed: how far the measured side is ahead, in <paramref name="Unit"/>.</param>
/// <param name="Unit">E.g. <c>points</c>.</param>
public sealed record Claim(string Name, string Reported, IReadOnlyList<double> Margins, string Unit)
{
    /// <summary>The margin a seed must reach; null reports the numbers without a verdict.</summary>
    public double? Required { get; init; }

    /// <summary>Seeds that must reach it; all of them when null.</summary>
    public int? SeedsRequired { get; init; }

    /// <summary>Why the claim does not hold at our scale, if that was found and checked.</summary>
    public string? NotReproduced { get; init; }

    /// <summary>Seeds whose margin reaches <see cref="Required"/>; a margin that is not a number never does.</summary>
    public int SeedsHeld => Margins.Count(m => m >= Required);

    /// <summary>What became of it.</summary>
    public Verdict Verdict
    {
        get
        {
            if (Required is null) return Verdict.Reported;
            var holds = Margins.Count > 0 && SeedsHeld >= (SeedsRequired ?? Margins.Count);
            if (NotReproduced is null) return holds ? Verdict.Holds : Verdict.Fails;
            return holds ? Verdict.HoldsNow : Verdict.NotReproduced;
        }
    }
}

/// <summary>The claims of one paper, as a notebook's last table shows them; a runner fails on <see cref="Verdict.Fails"/>.</summary>
/// <param name="Slug">The paper, e.g. <c>compact-transformers</c>.</param>
/// <param name="Items">In the order of the specification.</param>
public sealed record Claims(string Slug, IReadOnlyList<Claim> Items);
