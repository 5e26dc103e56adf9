namespace Lab.Papers.TransPrune;

/// <summary>Multiply-adds that visual tokens cost a decoder, text ignored.</summary>
/// <param name="Depth">Layers.</param>
/// <param name="Dim">d.</param>
/// <param name="MlpDim">m.</param>
/// <param name="MlpMatrices">3 for a gated MLP, 2 for a plain one.</param>
/// <remarks>Source: equation 7 of arXiv 2507.20630.</remarks>
public sealed record CostModel(int Depth, int Dim, int MlpDim, int MlpMatrices)
{
    /// <summary>LLaVA-1.5-7B and LLaVA-NeXT-7B.</summary>
    public static CostModel Llava7B { get; } = new(32, 4096, 11008, 3);

    /// <summary>A decoder of this kit: c(k) = 12 k d^2 + 2 k^2 d.</summary>
    /// <param name="depth">Layers.</param>
    /// <param name="dim">Width.</param>
    public static CostModel Tiny(int depth, int dim) => new(depth, dim, 4 * dim, 2);

    /// <summary>One layer.</summary>
    /// <param name="tokens">k visual tokens.</param>
    public double Layer(double tokens) => 4 * tokens * Dim * Dim + 2 * tokens * tokens * Dim + MlpMatrices * tokens * Dim * MlpDim;

    /// <summary>All layers.</summary>
    /// <param name="alive">Visual tokens in each.</param>
    /// <exception cref="ArgumentException">Not one number per layer.</exception>
    public double Total(IReadOnlyList<int> alive) => alive.Count == Depth
        ? alive.Sum(tokens => Layer(tokens))
        : throw new ArgumentException($"A number of tokens per layer is needed, got {alive.Count} for {Depth} layers.", nameof(alive));

    /// <summary>All layers by a schedule, as a share of the cost without it.</summary>
    /// <param name="schedule">Where tokens are pruned.</param>
    /// <param name="tokens">At first.</param>
    public double Share(PruneSchedule schedule, int tokens) => Total(schedule.Alive(tokens, Depth)) / Total([.. Enumerable.Repeat(tokens, Depth)]);
}
