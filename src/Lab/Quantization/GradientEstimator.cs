using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>What stands in for the gradient of rounding to the nearest code, which is zero almost everywhere.</summary>
public abstract record GradientEstimator
{
    private const double Tiny = 1e-6;

    /// <summary>The gradient at the quantized vector is passed on as it is.</summary>
    public static GradientEstimator StraightThrough { get; } = new StraightThroughEstimator();

    /// <summary>The gradient is turned and scaled as the quantized vector would have to be to become the vector: angles to the codes are kept.</summary>
    public static GradientEstimator Rotation { get; } = new RotationEstimator();

    /// <summary>
    /// The quantized vector is reached from the vector along a direction with some noise; the length of the way alone has a
    /// gradient, to the vector and to its code, so that a learned codebook needs no loss of its own.
    /// </summary>
    /// <param name="variance">Of the noise.</param>
    /// <exception cref="ArgumentException">A negative variance.</exception>
    public static GradientEstimator Directional(double variance = 5e-3) => variance is >= 0 and < double.PositiveInfinity
        ? new DirectionalEstimator(variance)
        : throw new ArgumentException($"A variance must not be negative, got {variance}.", nameof(variance));

    /// <summary>
    /// Straight through to the vector and, <paramref name="nu"/> times, to its code as well, so that a learned codebook follows what the loss wants of it
    /// now, not only where its vectors went a step ago.
    /// </summary>
    /// <param name="nu">Share of the gradient that codes get.</param>
    /// <exception cref="ArgumentException">Not above 0.</exception>
    public static GradientEstimator Synchronous(double nu) => nu is > 0 and < double.PositiveInfinity
        ? new SynchronousEstimator(nu)
        : throw new ArgumentException($"The share of the gradient that codes get must be above 0, got {nu}.", nameof(nu));

    /// <summary>Its gradient to codes would be lost on moving averages.</summary>
    internal virtual bool NeedsLearnedCodes => false;

    /// <summary>The estimator for some books.</summary>
    /// <param name="estimator">Null: straight-through.</param>
    /// <param name="books">Whose codes are passed to it.</param>
    /// <exception cref="ArgumentException">One that teaches codes, where a book has no gradients.</exception>
    internal static GradientEstimator For(GradientEstimator? estimator, IEnumerable<Codebook> books) => estimator is { NeedsLearnedCodes: true } && !books.All(book => book.LearnsByGradient)
        ? throw new ArgumentException("An estimator that passes gradients on to codes needs codebooks that have some: moving averages have none.", nameof(estimator))
        : estimator ?? StraightThrough;

    /// <param name="z">[N, D].</param>
    /// <param name="q">[N, D], what they are quantized to.</param>
    /// <returns>[N, D]: the values of <paramref name="q"/>, or near it, with a gradient to <paramref name="z"/>.</returns>
    public abstract Tensor Apply(Tensor z, Tensor q);

    // Bengio et al. 2013, section 3 (arXiv 1308.3432).
    private sealed record StraightThroughEstimator : GradientEstimator
    {
        public override Tensor Apply(Tensor z, Tensor q) => z + (q - z).detach();
    }

    // Fifty et al. 2024, section 4.2 (arXiv 2410.06424): q = lambda R z with R = I - 2 w w^T + 2 q^ z^^T, constant for the gradient.
    private sealed record RotationEstimator : GradientEstimator
    {
        public override Tensor Apply(Tensor z, Tensor q)
        {
            var (zNorm, qNorm) = (Norm(z.detach()), Norm(q.detach()));
            var (zUnit, qUnit) = (z.detach() / zNorm, q.detach() / qNorm);
            var sum = zUnit + qUnit;
            var w = sum / Norm(sum); // opposite vectors have no plane to turn in: the sum is 0, and so is w
            var turned = z - 2 * (z * w).sum(-1, keepdim: true) * w + 2 * (z * zUnit).sum(-1, keepdim: true) * qUnit;
            return turned * (qNorm / zNorm);
        }
    }

    // DiVeQ: Vali et al. 2025 (arXiv 2509.26469).
    private sealed record DirectionalEstimator(double Variance) : GradientEstimator
    {
        public override Tensor Apply(Tensor z, Tensor q)
        {
            var direction = (q - z + Math.Sqrt(Variance) * randn_like(z)).detach();
            return z + Norm(q - z) * (direction / Norm(direction));
        }
    }

    // Huh et al. 2023, section 4 (arXiv 2305.08842): the alternated optimisation done in one step.
    private sealed record SynchronousEstimator(double Nu) : GradientEstimator
    {
        internal override bool NeedsLearnedCodes => true;

        public override Tensor Apply(Tensor z, Tensor q) => z + (q - z).detach() + Nu * (q - q.detach());
    }

    private static Tensor Norm(Tensor x) => (x * x).sum(-1, keepdim: true).clamp_min(Tiny * Tiny).sqrt();
}
