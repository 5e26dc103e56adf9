using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Finite scalar quantization in stages: every channel is bounded and cut into L equal cells, the cell a stage found is cut into L again by the next. All
/// stages together are one grid of L^M levels, and a code of every stage is a digit of the level: any first digits decode, only coarser. With two levels
/// it is residual lookup-free quantization, every stage a sign of half the size of the one before.
/// </summary>
/// <remarks>
/// Sources: Mentzer et al. 2023 (arXiv 2309.15505); in stages: github.com/lucidrains/vector-quantize-pytorch, <c>ResidualFSQ</c> and <c>ResidualLFQ</c>. Levels are
/// there the ends of [-1, 1] and points between, here the middles of cells, so that grids of two stages fit into each other and no sum of codes has two names.
/// </remarks>
public sealed class ResidualFiniteScalarQuantizer : Quantizer
{
    private const double MostLevels = 1 << 22; // of a channel, all stages together: float32 must tell cells of (-1, 1) apart

    private readonly int stages;
    private readonly StageDropout? dropout;
    private readonly Tensor levels, placeValues; // [D]

    /// <param name="stages">M.</param>
    /// <param name="levels">Levels of every channel in every stage, each at least 2.</param>
    /// <param name="dropout">Of the last stages in training; null: all are always used.</param>
    /// <exception cref="ArgumentException">No stage or channel, fewer than 2 levels, more in all stages together than numbers of 32 bits tell apart, or a dropout that does not fit the stages.</exception>
    public ResidualFiniteScalarQuantizer(int stages, IReadOnlyList<int> levels, StageDropout? dropout = null) : base(levels.Count, nameof(ResidualFiniteScalarQuantizer))
    {
        if (stages < 1) throw new ArgumentException($"There must be at least 1 stage, got {stages}.", nameof(stages));
        if (levels.FirstOrDefault(level => level < 2, 2) is var few && few < 2)
            throw new ArgumentException($"Every channel needs at least 2 levels, got {few} in [{string.Join(", ", levels)}].", nameof(levels));
        if (Math.Pow(levels.Max(), stages) is var most && most > MostLevels)
            throw new ArgumentException($"{stages} stages of {levels.Max()} levels make {most:G3} in a channel, more than the {MostLevels:F0} that are told apart.", nameof(stages));
        if (levels.Aggregate(1.0, (product, level) => product * level) > long.MaxValue)
            throw new ArgumentException($"The codes of levels [{string.Join(", ", levels)}] do not fit a 64-bit integer.", nameof(levels));

        dropout?.Check(stages);
        (this.stages, this.dropout) = (stages, dropout);
        var size = 1L;
        long[] places = [.. levels.Select(level => (size *= level) / level)];
        this.levels = tensor(levels.Select(level => (long)level).ToArray()).DetachFromDisposeScope();
        placeValues = tensor(places).DetachFromDisposeScope();
        register_buffer("levels", this.levels, persistent: false);
        register_buffer("place_values", placeValues, persistent: false);
        BookSizes = [.. Enumerable.Repeat(size, stages)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    protected override bool TakesPrefixes => true;

    /// <inheritdoc/>
    /// <remarks>Values lie within (-1, 1), at most half a cell, L^-M, from tanh(z).</remarks>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var used = training && dropout is not null ? dropout.Draw(stages) : stages;
        var bounded = rows.tanh();
        var place = (bounded.detach() + 1) / 2; // in [0, 1]: how far through the cell of the stage before
        var codes = new List<Tensor>();
        for (var stage = 0; stage < used; stage++)
        {
            place = place * levels;
            var digit = minimum(place.floor(), levels - 1); // the end of the last cell belongs to it
            place = place - digit;
            codes.Add((digit.to(ScalarType.Int64) * placeValues).sum(-1, keepdim: true));
        }
        var values = LookupRows(cat(codes, 1)).to(rows.dtype);
        if (used < stages) codes.Add(full([rows.shape[0], stages - used], -1, ScalarType.Int64, rows.device));
        return new(training ? bounded + (values - bounded).detach() : values, cat(codes, 1), zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    /// <remarks>A prefix of the codes gives the middles of the cells that its stages found.</remarks>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        var (level, cells) = (zeros([codes.shape[0], Dim], ScalarType.Int64, codes.device), ones_like(levels));
        for (var stage = 0; stage < codes.shape[1]; stage++)
        {
            level = level * levels + codes.narrow(1, stage, 1).div(placeValues, RoundingMode.floor).remainder(levels);
            cells = cells * levels;
        }
        return (2 * level + 1 - cells).to(ScalarType.Float32) / cells;
    }

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
