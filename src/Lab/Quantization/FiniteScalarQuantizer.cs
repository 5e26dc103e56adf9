using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Finite scalar quantization: every channel is bounded and rounded to one of a few levels, so the codebook is the
/// implicit grid of all combinations of levels and cannot collapse.
/// </summary>
/// <remarks>
/// Source: Mentzer et al. 2023, section 3 (arXiv 2309.15505); symmetric levels and noise: Parker et al. 2024, section 3.2 (arXiv 2411.19842).
/// </remarks>
public sealed class FiniteScalarQuantizer : Quantizer
{
    private const double Margin = 1e-3; // the outer levels are reached, not only approached

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

    /// <summary>
    /// Levels at equal distances from -1 to 1 on both sides of 0, which then is no level of an even number of them; false: shifted by half a step, so that 0 is.
    /// </summary>
    public bool IsSymmetric { get; init; }

    /// <summary>Channels are cut off at -1 and 1 instead of bent by tanh, for vectors that something else has bounded already.</summary>
    public bool IsHardBounded { get; init; }

    /// <summary>
    /// Share of the channels, drawn anew in every training step, that get noise of a step's width instead of being rounded: their gradient is exact, and a decoder
    /// meets what lies between the levels.
    /// </summary>
    /// <exception cref="ArgumentException">Outside of 0 to 1.</exception>
    public double NoiseShare
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentException($"{nameof(NoiseShare)} must lie in 0..1, got {value}.", nameof(value));
    }

    /// <inheritdoc/>
    /// <remarks>Values lie on the grid in [-1, 1].</remarks>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var bounded = Bound(rows); // in steps from the lowest level
        var digits = bounded.detach().round(); // [N, D], 0 to L - 1
        var codes = (digits.to(ScalarType.Int64) * placeValues).sum(-1, keepdim: true);
        return new(Placed(training ? Trained(bounded, digits) : digits), codes, zeros([], rows.dtype, rows.device));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        using var places = levels.to(ScalarType.Int64);
        return Placed(codes.div(placeValues, RoundingMode.floor).remainder(places).to(levels.dtype)); // [N, 1] -> [N, D]
    }

    private Tensor Trained(Tensor bounded, Tensor digits)
    {
        var rounded = bounded + (digits - bounded).detach();
        return NoiseShare == 0 ? rounded : where(rand_like(bounded) < NoiseShare, bounded + rand_like(bounded) - 0.5, rounded);
    }

    // From numbers of levels to values.
    private Tensor Placed(Tensor digits) => IsSymmetric ? 2 * digits / (levels - 1) - 1 : (digits - halfWidth) / halfWidth;

    // An even number of levels has no middle one: shifted by half a step, rounding gives exactly L values, and 0 stays a level.
    private Tensor Bound(Tensor z)
    {
        if (IsSymmetric) return (Limited(z) + 1) * (levels - 1) / 2;
        var half = (levels - 1) * (1 + Margin) / 2;
        var offset = (levels.remainder(2) == 0).to(levels.dtype) / 2;
        var shift = IsHardBounded ? offset / half : (offset / half).atanh();
        return Limited(z + shift) * half - offset + halfWidth;
    }

    private Tensor Limited(Tensor z) => IsHardBounded ? z.clamp(-1, 1) : z.tanh();

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
