using Lab.ImageTokenizers;
using Lab.Quantization;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>A bottleneck of the comparison in a network, all else equal.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Make">The bottleneck, for latents of so many channels.</param>
public sealed record TokenizerArm(string Name, Func<int, Bottleneck> Make)
{
    /// <summary>Channels of the latents where the quantizer asks for some; null: those of the tokenizer.</summary>
    public int? Channels { get; init; }

    /// <summary>Of every arm but FSQ, whose levels multiply to 1,000.</summary>
    public const int Codes = 1024;

    private const int Bits = 10, BooksOfTwo = 32;

    private static readonly int[] levels = [8, 5, 5, 5];

    // Moving count of vectors per batch below which a code is dead. A batch has only 2 to 4 vectors per code, so the usual 2 would take living ones.
    private const double Revival = 0.1;

    /// <summary>No quantization: what the encoder and decoder could do.</summary>
    public static TokenizerArm Continuous { get; } = new("continuous", _ => new IdentityBottleneck());

    /// <summary>The first VQ-VAEs' book: near zero, learned by gradients, and nothing against collapse.</summary>
    public static TokenizerArm NaiveVq { get; } = Vector("VQ naive", z => new LearnedCodebook(Codes, z, CodebookStart.Uniform));

    /// <summary>The same from k-means, dead codes revived.</summary>
    public static TokenizerArm RevivedVq { get; } = Vector("VQ revived", Revived);

    /// <summary>From k-means, without revival.</summary>
    public static TokenizerArm KMeansVq { get; } = Vector("VQ k-means", z => new LearnedCodebook(Codes, z));

    /// <summary>Moving averages instead of gradients, with both remedies.</summary>
    public static TokenizerArm EmaVq { get; } = Vector("VQ EMA", Averaged);

    /// <summary>Codes on the sphere, from k-means.</summary>
    public static TokenizerArm SphereVq { get; } = Vector("l2-VQ", z => new EmaCodebook(Codes, z) { OnSphere = true });

    /// <summary>One learned map behind fixed codes.</summary>
    public static TokenizerArm SimVq { get; } = Vector("SimVQ", z => new LinearCodebook(Codes, z));

    /// <summary>Two stages of 32 codes.</summary>
    public static TokenizerArm Rvq { get; } = Of("RVQ 2x32", z => new ResidualQuantizer([Book(z), Book(z)]));

    /// <summary>Two halves of 32 codes.</summary>
    public static TokenizerArm Pq { get; } = Of("PQ 2x32", z => new ProductQuantizer([Book(z / 2), Book(z - z / 2)]));

    /// <summary>1,000 points of a grid.</summary>
    public static TokenizerArm Fsq { get; } = Of("FSQ", _ => new FiniteScalarQuantizer(levels), levels.Length);

    /// <summary>10 signs.</summary>
    public static TokenizerArm Lfq { get; } = Of("LFQ", _ => new LookupFreeQuantizer(Bits), Bits);

    /// <summary>10 signs on the sphere.</summary>
    public static TokenizerArm Bsq { get; } = Of("BSQ", _ => new BinarySphericalQuantizer(Bits), Bits);

    /// <summary>The gradient estimators on the revived book; straight-through is <see cref="RevivedVq"/>.</summary>
    public static TokenizerArm Rotation { get; } = Vector("VQ rotation", Revived, GradientEstimator.Rotation);

    /// <summary>A step of the right length in a noisy direction.</summary>
    public static TokenizerArm Directional { get; } = Vector("VQ directional", Revived, GradientEstimator.Directional());

    /// <summary>Codes drawn in training.</summary>
    public static TokenizerArm Gumbel { get; } = Of("VQ Gumbel", z => new GumbelQuantizer(Revived(z)));

    /// <summary>Weighted means of codes in training.</summary>
    public static TokenizerArm SoftToHard { get; } = Of("VQ soft-to-hard", z => new SoftVectorQuantizer(Revived(z)));

    /// <summary>Those that differ in the gradient alone.</summary>
    public static IReadOnlyList<TokenizerArm> Estimators { get; } = [RevivedVq, Rotation, Directional, Gumbel, SoftToHard];

    private static LearnedCodebook Revived(int channels) => new(Codes, channels) { RevivalThreshold = Revival };

    private static EmaCodebook Averaged(int channels) => new(Codes, channels) { RevivalThreshold = Revival };

    private static VectorQuantizer Book(int channels) => new(new EmaCodebook(BooksOfTwo, channels) { RevivalThreshold = Revival });

    private static TokenizerArm Vector(string name, Func<int, Codebook> book, GradientEstimator? estimator = null) =>
        Of(name, channels => new VectorQuantizer(book(channels), estimator));

    private static TokenizerArm Of(string name, Func<int, Quantizer> quantizer, int? channels = null) =>
        new(name, z => new QuantizedBottleneck(quantizer(z))) { Channels = channels };
}

/// <summary>What became of an arm with one seed. Owns the tokenizer.</summary>
/// <param name="Arm">What was trained.</param>
/// <param name="Seed">Of first weights and of the order of pictures.</param>
/// <param name="Tokenizer">In evaluation mode.</param>
/// <param name="Curve">While training.</param>
/// <param name="Score">Afterwards, on all test pictures.</param>
/// <param name="TrainingGap">Decibel that what was trained is better than what is evaluated.</param>
/// <param name="Flops">Of the training.</param>
/// <param name="Seconds">Of the training.</param>
public sealed record TokenizerRun(
    TokenizerArm Arm, long Seed, ImageTokenizer Tokenizer, IReadOnlyList<TokenizerPoint> Curve, TokenizerScore Score, double TrainingGap, double Flops, double Seconds) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Tokenizer.Dispose();
}
