using Lab.Quantization;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>A quantizer on fixed vectors.</summary>
/// <param name="Name">E.g. <c>RVQ</c>.</param>
/// <param name="Fit">Fits it to the training vectors; the seed decides what it draws.</param>
public sealed record VectorArm(string Name, Func<Tensor, long, CancellationToken, Quantizer> Fit);

/// <summary>What a quantizer makes of the test vectors.</summary>
/// <param name="Name">Of the quantizer.</param>
/// <param name="Seed">Of vectors and fit.</param>
/// <param name="Bits">Of a vector.</param>
/// <param name="Nmse">Mean squared error over the variance.</param>
/// <param name="RecallAt1">Share of queries whose nearest vector is the nearest among the decoded ones, too.</param>
/// <param name="RecallAt10">Share of queries whose nearest vector is among the ten nearest decoded ones.</param>
/// <param name="Seconds">For fitting.</param>
public sealed record VectorScore(string Name, long Seed, double Bits, double Nmse, double RecallAt1, double RecallAt10, double Seconds)
{
    /// <summary>Signal over noise in decibel.</summary>
    public double Snr => -10 * Math.Log10(Nmse);
}

/// <summary>The quantizers of the survey on the same vectors at equal bits.</summary>
/// <param name="Books">M: books of those that have several.</param>
/// <param name="BookSize">K: codes of each.</param>
/// <param name="Levels">Of FSQ; their product should come near the bits of the others. None leaves out the kinds of one code: VQ, FSQ, LFQ and BSQ.</param>
public sealed record VectorComparison(int Books, int BookSize, IReadOnlyList<int> Levels)
{
    private const int SingleBook = 1024;
    private const double EntropyWeight = 1e-3; // the squared error of a channel is about 0.1 here, and the entropies are sums over bits

    /// <summary>Partial sums that AQ's and RVQ's search keep.</summary>
    public int Beam { get; init; } = 8;

    /// <summary>Rounds in which AQ chooses every code again.</summary>
    public int Sweeps { get; init; } = 2;

    /// <summary>24 bits: 4 books of 64.</summary>
    public static VectorComparison Bits24 { get; } = new(4, 64, [8, 8, 8, 8, 8, 8, 8, 8]);

    /// <summary>16 bits: 4 books of 16.</summary>
    public static VectorComparison Bits16 { get; } = new(4, 16, [8, 8, 8, 5, 5, 5]);

    /// <summary>64 bits, as the survey's table: 8 books of 256, without the kinds that have one code.</summary>
    public static VectorComparison Bits64 { get; } = new(8, 256, []);

    /// <summary>Bits of a vector.</summary>
    public double Bits => Books * Math.Log2(BookSize);

    /// <summary>All kinds, those of several books first.</summary>
    public IReadOnlyList<VectorArm> Arms =>
    [
        new("PQ", (x, seed, _) => Seeded(seed, random => OfflineFit.Product(x, Books, BookSize, random: random))),
        new("OPQ", (x, seed, _) => Seeded(seed, random => OptimizedProductQuantizer.Fit(x, Books, BookSize, random: random))),
        new("RVQ", (x, seed, _) => Residual(x, seed, beam: 1)),
        new("RVQ, beam", (x, seed, _) => Residual(x, seed, Beam)),
        new("AQ", Additive),
        .. Levels.Count == 0 ? [] : OfOneCode,
    ];

    private IReadOnlyList<VectorArm> OfOneCode =>
    [
        new($"VQ {SingleBook}", (x, seed, _) => Seeded(seed, random => OfflineFit.Vector(x, SingleBook, random: random))),
        new("FSQ", (x, seed, stop) => LinearAutoencoder.Fit(new FiniteScalarQuantizer([.. Levels]), x, seed, stop)),
        new("LFQ", (x, seed, stop) => LinearAutoencoder.Fit(new LookupFreeQuantizer((int)Bits, EntropyWeight, groupBits: 8), x, seed, stop)),
        new("BSQ", (x, seed, stop) => LinearAutoencoder.Fit(new BinarySphericalQuantizer((int)Bits, EntropyWeight, groupBits: 8), x, seed, stop)),
    ];

    /// <summary>Fits and measures every kind.</summary>
    /// <param name="vectors">Stay the caller's.</param>
    /// <param name="seed">Of what the fits draw.</param>
    /// <param name="cancellation">Stops before the next kind.</param>
    public IReadOnlyList<VectorScore> Run(FixedVectors vectors, long seed, CancellationToken cancellation = default) =>
        [.. Arms.Select(arm => Score(arm, vectors, seed, cancellation))];

    /// <summary>Distortion after every stage of RVQ, relative to the variance, by decoding prefixes of the codes.</summary>
    /// <param name="vectors">Stay the caller's.</param>
    /// <param name="seed">Of the fit.</param>
    /// <returns>M + 1 numbers, the first 1.</returns>
    public IReadOnlyList<double> Stages(FixedVectors vectors, long seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var quantizer = Residual(vectors.Train, seed, beam: 1);
        var codes = quantizer.call(vectors.Test).Codes;
        return [1, .. Enumerable.Range(1, Books).Select(stages => Nmse(vectors, quantizer.Lookup(codes.narrow(1, 0, stages))))];
    }

    private VectorScore Score(VectorArm arm, FixedVectors vectors, long seed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        using var quantizer = arm.Fit(vectors.Train, seed, cancellation);
        var seconds = watch.Elapsed.TotalSeconds;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var quantized = quantizer.call(vectors.Test);
        var (at1, at10) = Recall(vectors, quantized.Values);
        return new(arm.Name, seed, quantizer.BitsPerVector, Nmse(vectors, quantized.Values), at1, at10, seconds);
    }

    private static double Nmse(FixedVectors vectors, Tensor values) => (vectors.Test - values).square().sum(1).mean().item<float>() / vectors.Variance;

    // Asymmetric: queries as they are, the base decoded.
    private static (double At1, double At10) Recall(FixedVectors vectors, Tensor decoded)
    {
        var truth = NearestCode.Search(vectors.Queries, vectors.Test).unsqueeze(1); // [Q, 1]
        var distances = decoded.square().sum(1) - 2 * vectors.Queries.matmul(decoded.t()); // [Q, N]
        var (_, nearest) = distances.topk(10, 1, largest: false); // [Q, 10]
        var found = nearest.eq(truth).to(ScalarType.Float32);
        return (found.select(1, 0).mean().item<float>(), found.sum(1).mean().item<float>());
    }

    private AdditiveQuantizer Additive(Tensor vectors, long seed, CancellationToken cancellation)
    {
        using var start = Residual(vectors, seed, beam: 1);
        return AdditiveQuantizer.Fit(vectors, start, Beam, Sweeps);
    }

    private ResidualQuantizer Residual(Tensor vectors, long seed, int beam) =>
        Seeded(seed, random => OfflineFit.Residual(vectors, Books, BookSize, beamWidth: beam, random: random));

    private static T Seeded<T>(long seed, Func<Generator, T> fit)
    {
        using var random = new Generator((ulong)Seed.Derive(seed, "quantizers"));
        return fit(random);
    }
}
