namespace Lab.ImageTokenizers.Priors;

/// <summary>Sizes of the transformer that models grids of codes.</summary>
/// <param name="Dim">Width.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">A divisor of the width.</param>
public sealed record PriorOptions(int Dim, int Depth, int Heads)
{
    /// <summary>For seconds on a CPU: 99,968 parameters in its blocks.</summary>
    public static PriorOptions Small { get; } = new(64, 2, 4);

    /// <summary>For minutes on a CPU: 793,088.</summary>
    public static PriorOptions Medium { get; } = new(128, 4, 4);

    /// <summary>For a GPU: 4,738,560.</summary>
    public static PriorOptions Large { get; } = new(256, 6, 8);
}

/// <summary>How codes are drawn.</summary>
public sealed record CodeSampling
{
    /// <summary>s of classifier-free guidance, logits u + s (c - u) with the class and u without; 1: none.</summary>
    public double Guidance { get; init; } = 1;

    /// <summary>Logits are divided by it; above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only so many of the most likely codes are drawn; null: all.</summary>
    public int? TopK { get; init; }

    /// <summary>Of the draws.</summary>
    public long Seed { get; init; }

    internal void Check()
    {
        if (Guidance is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(Guidance)} must not be negative, got {Guidance}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(Temperature)} must be positive, got {Temperature}.");
        if (TopK is < 1) throw new ArgumentException($"{nameof(TopK)} must be at least 1, got {TopK}.");
    }
}
