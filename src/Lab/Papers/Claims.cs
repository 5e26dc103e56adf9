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
    /// <exception cref="ArgumentException">Not a finite number.</exception>
    public double? Required
    {
        get;
        init => field = value is null || double.IsFinite(value.Value)
            ? value
            : throw new ArgumentException($"The required margin of '{Name}' must be a finite number, got {value}.");
    }

    /// <summary>Seeds that must reach it; all of them when null.</summary>
    /// <exception cref="ArgumentException">Fewer than 1.</exception>
    public int? SeedsRequired
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentException($"'{Name}' must require at least 1 seed, got {value}.");
    }

    /// <summary>Why the claim does not hold at our scale, if that was found and checked.</summary>
    /// <exception cref="ArgumentException">No words.</exception>
    public string? NotReproduced
    {
        get;
        init => field = value is null || !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException($"'{Name}' is declared as not reproduced, but without a reason.");
    }

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
public sealed record Claims(string Slug, IReadOnlyList<Claim> Items)
{
    /// <summary>In the order of the specification.</summary>
    /// <exception cref="ArgumentException">Two claims of one name, or one that asks for seeds or gives a reason without requiring a margin.</exception>
    public IReadOnlyList<Claim> Items { get; } = Checked(Items);

    private static IReadOnlyList<Claim> Checked(IReadOnlyList<Claim> items)
    {
        foreach (var claim in items)
            if (claim.Required is null && (claim.SeedsRequired is not null || claim.NotReproduced is not null))
                throw new ArgumentException($"'{claim.Name}' has no {nameof(Claim.Required)} margin, so it can neither require seeds nor be declared as not reproduced.");
        if (items.CountBy(claim => claim.Name).FirstOrDefault(name => name.Value > 1).Key is { } twice)
            throw new ArgumentException($"Two claims are called '{twice}'.");
        return items;
    }
}
