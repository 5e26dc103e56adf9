using Lab.ImageTokenizers;
using Lab.Quantization;

namespace Lab.Papers.Fqgan;

/// <summary>Weights of the losses that arms may have; the defaults are the paper's.</summary>
/// <param name="Disentangle">lambda 1.</param>
/// <param name="Represent">lambda 2.</param>
/// <param name="Entropy">Of every book's entropy term.</param>
public sealed record FqganWeights(double Disentangle = 0.1, double Represent = 0.5, double Entropy = 0.03);

/// <summary>A bottleneck of the comparison, all else equal.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Books">k.</param>
/// <param name="Share">Codes of a book, as a share of the single book's.</param>
public sealed record FqganArm(string Name, int Books, double Share)
{
    private const double Revival = 0.1;

    /// <summary>With the disentangling loss.</summary>
    public bool Disentangles { get; init; }

    /// <summary>With the representation loss: the second of two books learns from the teacher's deepest features, of three books the second from those before.</summary>
    public bool Represents { get; init; }

    /// <summary>Two residual stages on one branch instead of two branches.</summary>
    public bool Residual { get; init; }

    /// <summary>S: one book.</summary>
    public static FqganArm Single { get; } = new("one book", 1, 1);

    /// <summary>S2: one book of half the codes.</summary>
    public static FqganArm HalfSingle { get; } = new("one book, half", 1, 0.5);

    /// <summary>D: two books that hold as many codes as <see cref="Single"/>.</summary>
    public static FqganArm Dual { get; } = new("two books", 2, 0.5);

    /// <summary>D + disentangling.</summary>
    public static FqganArm Disentangled { get; } = Dual with { Name = "two, disentangled", Disentangles = true };

    /// <summary>D + representation.</summary>
    public static FqganArm Represented { get; } = Dual with { Name = "two, represented", Represents = true };

    /// <summary>D + both.</summary>
    public static FqganArm Both { get; } = Dual with { Name = "two, both losses", Disentangles = true, Represents = true };

    /// <summary>R: the bits of two books without two branches.</summary>
    public static FqganArm Rvq { get; } = new("RVQ, two stages", 1, 0.5) { Residual = true };

    /// <summary>Three books with both losses.</summary>
    public static FqganArm Triple { get; } = new("three, both losses", 3, 0.5) { Disentangles = true, Represents = true };

    /// <summary>What the arm has between encoder and decoder.</summary>
    /// <param name="codes">Of the single book.</param>
    /// <param name="config">Of the tokenizer.</param>
    /// <param name="weights">Of the losses.</param>
    public FactorizedOptions Options(long codes, TokenizerConfig config, FqganWeights weights)
    {
        int[] taps = !Represents || weights.Represent == 0 ? [] : Books == 2 ? [2] : [1, 2];
        return new(Books, (long)(codes * Share), config.Widths[0])
        {
            Disentangle = Disentangles ? weights.Disentangle : 0,
            Represent = taps.Length > 0 ? weights.Represent : 0,
            Entropy = new(weights.Entropy),
            TeacherTaps = taps,
            TeacherWidths = [.. taps.Select(tap => FeatureNetOptions.Perceptual(1).Widths[tap])],
        };
    }

    /// <summary>Makes it.</summary>
    /// <param name="options">Of this arm.</param>
    public FactorizedBottleneck Make(FactorizedOptions options) => new(options, Residual ? () => new ResidualQuantizer([Stage(options), Stage(options)]) : null);

    // Residuals have no use for a sphere; moving averages with revival are the strongest plain book of the survey of quantizers.
    private static VectorQuantizer Stage(FactorizedOptions options) => new(new EmaCodebook(options.BookSize, options.CodeDim) { RevivalThreshold = Revival });
}
