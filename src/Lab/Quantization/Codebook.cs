using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>How a codebook gets its first vectors.</summary>
public enum CodebookStart
{
    /// <summary>Evenly within 1/K of zero, as the first VQ-VAEs did: far from the data, most codes are never chosen.</summary>
    Uniform,

    /// <summary>Drawn from a normal distribution of width 1.</summary>
    Normal,

    /// <summary>The centres of the first training batch.</summary>
    KMeans,
}

/// <summary>The vectors that a vector quantizer chooses from, and how they learn.</summary>
public abstract class Codebook : nn.Module
{
    private const int KMeansIterations = 10;
    private const double Jitter = 1e-3;

    private readonly Tensor started; // bool scalar: false until k-means has seen a batch

    /// <param name="size">K.</param>
    /// <param name="dim">D.</param>
    /// <param name="start">First vectors.</param>
    /// <param name="name">Of the module.</param>
    private protected Codebook(long size, int dim, CodebookStart start, string name) : base(name)
    {
        if (size < 1) throw new ArgumentException($"A codebook needs at least 1 code, got {size}.", nameof(size));
        if (dim < 1) throw new ArgumentException($"Codes need a width of at least 1, got {dim}.", nameof(dim));
        if (!Enum.IsDefined(start)) throw new ArgumentException($"{start} is no way to start a codebook.", nameof(start));
        (Size, Dim) = (size, dim);
        started = tensor(start != CodebookStart.KMeans).DetachFromDisposeScope();
        register_buffer("started", started);
    }

    /// <summary>K.</summary>
    public long Size { get; }

    /// <summary>D.</summary>
    public int Dim { get; }

    /// <summary>[K, D].</summary>
    public abstract Tensor Vectors { get; }

    /// <summary>The codes lie on the unit sphere, and vectors are put there before they are compared.</summary>
    public bool OnSphere { get; init; }

    /// <summary>
    /// A code whose moving count of vectors per batch falls below this is moved to a vector of the batch; 0: never. Usual is 2.
    /// </summary>
    public double RevivalThreshold { get; init; }

    /// <summary>The codes stay as they are, and only what is quantized learns, e.g. while an encoder is tuned to a finished book.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>The codes get gradients and want a loss that draws them to their vectors.</summary>
    internal virtual bool LearnsByGradient => false;

    /// <exception cref="ArgumentException">An option outside its range.</exception>
    internal virtual void Check()
    {
        if (RevivalThreshold is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(RevivalThreshold)} must not be negative, got {RevivalThreshold}.");
    }

    /// <summary>What is compared with the codes.</summary>
    /// <param name="rows">[N, D].</param>
    internal Tensor Project(Tensor rows) => OnSphere ? nn.functional.normalize(rows, dim: -1) : rows;

    /// <summary>Before a training batch is quantized: k-means, where that is the start and the batch is the first.</summary>
    /// <param name="rows">[N, D], projected.</param>
    internal virtual void Start(Tensor rows)
    {
        if (started.item<bool>()) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Replace(Project(rows.shape[0] >= Size ? KMeans.Fit(rows, Size, KMeansIterations) : Drawn(rows)));
        started.fill_(true);
    }

    // Fewer vectors than codes: each is drawn several times, with a little noise, for copies would stay copies.
    private Tensor Drawn(Tensor rows)
    {
        var drawn = rows.index_select(0, randint(rows.shape[0], [Size], device: rows.device));
        return drawn + Jitter * drawn.std() * randn_like(drawn);
    }

    /// <summary>After a training batch was quantized.</summary>
    /// <param name="rows">[N, D], projected, without gradient.</param>
    /// <param name="codes">[N].</param>
    internal abstract void Learn(Tensor rows, Tensor codes);

    /// <summary>Puts all vectors.</summary>
    /// <param name="vectors">[K, D].</param>
    internal abstract void Replace(Tensor vectors);

    private protected Tensor FirstVectors(CodebookStart start)
    {
        using var scope = NewDisposeScope();
        return Project(start == CodebookStart.Uniform ? (rand(Size, Dim) * 2 - 1) / Size : randn(Size, Dim)).DetachFromDisposeScope();
    }

    /// <summary>Vectors of the batch for the codes that died.</summary>
    /// <param name="rows">[N, D].</param>
    /// <param name="counts">[K], moving.</param>
    /// <returns>Numbers of the dead codes [k] and new vectors [k, D]; null if all live.</returns>
    private protected (Tensor Codes, Tensor Vectors)? Revived(Tensor rows, Tensor counts)
    {
        if (RevivalThreshold <= 0) return null;
        var dead = (counts < RevivalThreshold).nonzero().squeeze(1);
        if (dead.shape[0] == 0) return null;
        var n = rows.shape[0];
        var chosen = dead.shape[0] <= n ? randperm(n, device: rows.device).narrow(0, 0, dead.shape[0]) : randint(n, [dead.shape[0]], device: rows.device);
        return (dead, rows.index_select(0, chosen));
    }

    /// <summary>Buffers are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Codes that are moving averages of the vectors assigned to them.</summary>
/// <remarks>Source: van den Oord et al. 2017, appendix A.1 (arXiv 1711.00937).</remarks>
public sealed class EmaCodebook : Codebook
{
    private readonly double decay;
    private readonly Tensor vectors, sums, counts; // [K, D], [K, D], [K]

    /// <param name="size">K.</param>
    /// <param name="dim">D.</param>
    /// <param name="start">First vectors.</param>
    /// <param name="decay">Share of the averages that a batch keeps, in [0, 1).</param>
    public EmaCodebook(long size, int dim, CodebookStart start = CodebookStart.KMeans, double decay = 0.8) : base(size, dim, start, nameof(EmaCodebook))
    {
        if (decay is not (>= 0 and < 1)) throw new ArgumentException($"The decay of a codebook must lie in [0, 1), got {decay}.", nameof(decay));
        this.decay = decay;
        vectors = FirstVectors(start);
        sums = vectors.clone().DetachFromDisposeScope();
        counts = ones(size).DetachFromDisposeScope();
        register_buffer("vectors", vectors);
        register_buffer("sums", sums);
        register_buffer("counts", counts);
    }

    /// <summary>Keeps the count of a code that nothing chooses above zero.</summary>
    public const double Epsilon = 1e-5;

    /// <inheritdoc/>
    public override Tensor Vectors => vectors;

    /// <summary>[K], moving number of vectors per batch.</summary>
    public Tensor Counts => counts;

    /// <inheritdoc/>
    internal override void Learn(Tensor rows, Tensor codes)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (batchSums, batchCounts) = KMeans.Sums(rows, codes, Size);
        counts.mul_(decay).add_(batchCounts, 1 - decay);
        sums.mul_(decay).add_(batchSums, 1 - decay);
        vectors.copy_(Project(sums / Smoothed().unsqueeze(1)));

        if (Revived(rows, counts) is not var (dead, fresh)) return;
        vectors.index_copy_(0, dead, fresh);
        sums.index_copy_(0, dead, fresh * RevivalThreshold); // count and sum, too, or the next average kills it again
        counts.index_fill_(0, dead, RevivalThreshold);
    }

    /// <inheritdoc/>
    internal override void Replace(Tensor fresh)
    {
        vectors.copy_(fresh);
        sums.copy_(fresh);
        counts.fill_(1);
    }

    /// <summary>[K], the counts after Laplace smoothing; their total stays.</summary>
    internal Tensor Smoothed()
    {
        var total = counts.sum();
        return (counts + Epsilon) / (total + Size * Epsilon) * total;
    }
}

/// <summary>Codes that are parameters: the loss draws them to the vectors assigned to them.</summary>
/// <remarks>Source: van den Oord et al. 2017, section 3.2 (arXiv 1711.00937).</remarks>
public sealed class LearnedCodebook : Codebook
{
    private const double CountDecay = 0.8;

    private readonly Parameter vectors; // [K, D]
    private readonly Tensor counts; // [K]

    /// <param name="size">K.</param>
    /// <param name="dim">D.</param>
    /// <param name="start">First vectors.</param>
    public LearnedCodebook(long size, int dim, CodebookStart start = CodebookStart.KMeans) : base(size, dim, start, nameof(LearnedCodebook))
    {
        vectors = new Parameter(FirstVectors(start));
        counts = ones(size).DetachFromDisposeScope();
        register_parameter("vectors", vectors);
        register_buffer("counts", counts);
    }

    /// <inheritdoc/>
    public override Tensor Vectors => OnSphere ? nn.functional.normalize(vectors.clone(), dim: -1) : vectors; // revival overwrites what the backward pass of the normalization still needs

    internal override bool LearnsByGradient => true;

    /// <inheritdoc/>
    internal override void Learn(Tensor rows, Tensor codes)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        counts.mul_(CountDecay).add_(codes.bincount(null, Size).to(counts.dtype), 1 - CountDecay);
        if (Revived(rows, counts) is not var (dead, fresh)) return;
        vectors.index_copy_(0, dead, fresh);
        counts.index_fill_(0, dead, RevivalThreshold);
    }

    /// <inheritdoc/>
    internal override void Replace(Tensor fresh)
    {
        using var noGrad = no_grad();
        vectors.copy_(fresh);
    }
}

/// <summary>SimVQ: fixed random vectors behind one learned linear map, so that a gradient at any code moves all of them.</summary>
/// <remarks>Source: Zhu et al. 2024 (arXiv 2411.02038).</remarks>
public sealed class LinearCodebook : Codebook
{
    private readonly Tensor coefficients; // [K, D]
    private readonly Linear basis;

    /// <param name="size">K.</param>
    /// <param name="dim">D.</param>
    public LinearCodebook(long size, int dim) : base(size, dim, CodebookStart.Normal, nameof(LinearCodebook))
    {
        coefficients = randn(size, dim).div_(Math.Sqrt(dim)).DetachFromDisposeScope();
        basis = nn.Linear(dim, dim, hasBias: false);
        register_buffer("coefficients", coefficients);
        register_module("basis", basis);
    }

    /// <inheritdoc/>
    public override Tensor Vectors => Project(basis.call(coefficients));

    internal override bool LearnsByGradient => true;

    /// <inheritdoc/>
    internal override void Check()
    {
        base.Check();
        if (RevivalThreshold > 0) throw new ArgumentException($"The codes of SimVQ move together, none can be revived alone: {nameof(RevivalThreshold)} must be 0, got {RevivalThreshold}.");
    }

    /// <summary>The map learns by gradients alone.</summary>
    internal override void Learn(Tensor rows, Tensor codes) { }

    /// <inheritdoc/>
    internal override void Replace(Tensor fresh) => throw new InvalidOperationException("The vectors of SimVQ follow from its map.");
}
