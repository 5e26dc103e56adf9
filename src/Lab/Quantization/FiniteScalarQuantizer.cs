using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Finite scalar quantization: every channel is bounded and rounded to one of a few levels, so the codebook is the
/// implicit grid of all combinations of levels and cannot collapse.
/// </summary>
/// <remarks>Source: Mentzer et al. 2023, section 3 (arXiv 2309.15505).</remarks>
public sealed class FiniteScalarQuantizer : Quantizer
{
    private readonly Tensor levels, halfWidth, placeValues; // [D]

    /// <param name="levels">Levels of every channel, each at least 2, e.g. [8, 5, 5, 5] for 1,000 codes.</param>
    /// <exception cref="ArgumentException">Empty, a channel with fewer than 2 levels, or more codes than an int64 can tell apart.</exception>
    public FiniteScalarQuantizer(params int[] levels) : base(levels.Length, nameof(FiniteScalarQuantizer))
    {
        if (levels.FirstOrDefault(level => level < 2, 2) is var few && few < 2)
            throw new ArgumentException($"Every channel needs at least 2 levels, got {few} in [{string.Join(", ", levels)}].", nameof(levels));

        if (levels.Aggregate(1.0, (product, level) => product * level) > long.MaxValue)
            throw new ArgumentException($"The codes of levels [{string.Join(", ", levels)}] do not fit a 64-bit integer.", nameof(levels));

        this.levels = tensor(levels, ScalarType.Float32).DetachFromDisposeScope();
        halfWidth = tensor(levels.Select(level => (float)(level / 2)).ToArray()).DetachFromDisposeScope();
        placeValues = tensor(PlaceValues(levels), ScalarType.Int64).DetachFromDisposeScope();
        BookSizes = [levels.Aggregate(1L, (product, level) => product * level)];
        register_buffer("levels", this.levels, persistent: false);
        register_buffer("half_width", halfWidth, persistent: false);
        register_buffer("place_values", placeValues, persistent: false);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    /// <remarks>Values lie on the grid in [-1, 1].</remarks>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var bounded = Bound(rows);
        var level = bounded.detach().round(); // [N, D], whole numbers around 0
        var codes = ((level + halfWidth).to(ScalarType.Int64) * placeValues).sum(-1, keepdim: true);
        var rounded = training ? bounded + (level - bounded).detach() : level;
        return new(rounded / halfWidth, codes, zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        using var places = levels.to(ScalarType.Int64);
        var digits = codes.div(placeValues, RoundingMode.floor).remainder(places); // [N, 1] -> [N, D]
        return (digits.to(levels.dtype) - halfWidth) / halfWidth;
    }

    // An even number of levels has no middle one: shifted by half a step, rounding gives exactly L values, and 0 stays a level.
    private Tensor Bound(Tensor z)
    {
        const double margin = 1e-3;
        var half = (levels - 1) * (1 + margin) / 2;
        var offset = (levels.remainder(2) == 0).to(levels.dtype) / 2;
        return (z + (offset / half).atanh()).tanh() * half - offset;
    }

    private static long[] PlaceValues(int[] levels)
    {
        var values = new long[levels.Length];
        values[0] = 1;
        for (var i = 1; i < levels.Length; i++) values[i] = values[i - 1] * levels[i - 1];
        return values;
    }

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
