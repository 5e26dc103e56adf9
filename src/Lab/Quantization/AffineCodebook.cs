using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// A codebook behind one affine map per channel: its codes, shifted and scaled to the mean and deviation of the vectors that are quantized. When the encoder's output
/// drifts, all codes go along at once, also those that no vector chose.
/// </summary>
/// <remarks>
/// Source: Huh et al. 2023, section 3 (arXiv 2305.08842). The map is not learned but measured, by moving averages of the moments of batches and book, as in
/// github.com/lucidrains/vector-quantize-pytorch, option <c>affine_param</c>.
/// </remarks>
public sealed class AffineCodebook : Codebook
{
    private const double LeastVariance = 1e-10;

    private readonly Codebook inner;
    private readonly double batchDecay, bookDecay;
    private readonly Tensor measured, batchMean, batchVariance, bookMean, bookVariance; // bool scalar, then [D]

    /// <param name="inner">Its codes live in a space of their own; revival is its option. Owned by this module from now on.</param>
    /// <param name="batchDecay">Share of the batches' moments that a batch keeps, in [0, 1).</param>
    /// <param name="bookDecay">The same of the book's moments.</param>
    /// <exception cref="ArgumentException">A decay outside its range, or a book on the sphere, which has a place and a scale already.</exception>
    public AffineCodebook(Codebook inner, double batchDecay = 0.99, double bookDecay = 0.9) : base(inner.Size, inner.Dim, CodebookStart.Normal, nameof(AffineCodebook))
    {
        if (batchDecay is not (>= 0 and < 1)) throw new ArgumentException($"The decay of moments must lie in [0, 1), got {batchDecay}.", nameof(batchDecay));
        if (bookDecay is not (>= 0 and < 1)) throw new ArgumentException($"The decay of moments must lie in [0, 1), got {bookDecay}.", nameof(bookDecay));
        if (inner.OnSphere) throw new ArgumentException("Codes on the sphere cannot be shifted and scaled.", nameof(inner));
        (this.inner, this.batchDecay, this.bookDecay) = (inner, batchDecay, bookDecay);
        measured = tensor(false).DetachFromDisposeScope();
        (batchMean, batchVariance) = (zeros(Dim).DetachFromDisposeScope(), ones(Dim).DetachFromDisposeScope());
        (bookMean, bookVariance) = (zeros(Dim).DetachFromDisposeScope(), ones(Dim).DetachFromDisposeScope());
        register_module("inner", inner);
        (string, Tensor)[] buffers = [("measured", measured), ("batch_mean", batchMean), ("batch_variance", batchVariance), ("book_mean", bookMean), ("book_variance", bookVariance)];
        foreach (var (name, buffer) in buffers) register_buffer(name, buffer);
    }

    /// <inheritdoc/>
    public override Tensor Vectors => (inner.Vectors - bookMean) * Scale() + batchMean;

    internal override bool LearnsByGradient => inner.LearnsByGradient;

    /// <inheritdoc/>
    internal override void Check()
    {
        base.Check();
        inner.Check();
        if (OnSphere) throw new ArgumentException("Codes on the sphere cannot be shifted and scaled.");
        if (RevivalThreshold > 0) throw new ArgumentException($"{nameof(RevivalThreshold)} is an option of the inner codebook; here it must be 0, got {RevivalThreshold}.");
    }

    /// <summary>Before a training batch is quantized: the moments of the batch, then those of the book.</summary>
    internal override void Start(Tensor rows)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var first = !measured.item<bool>();
        Average(batchMean, batchVariance, rows, first ? 0 : batchDecay);
        inner.Start(ToInner(rows));
        Average(bookMean, bookVariance, inner.Vectors, first ? 0 : bookDecay);
        measured.fill_(true);
    }

    /// <inheritdoc/>
    internal override void Learn(Tensor rows, Tensor codes)
    {
        using var scope = NewDisposeScope();
        inner.Learn(ToInner(rows), codes);
    }

    /// <inheritdoc/>
    internal override void Replace(Tensor vectors)
    {
        using var scope = NewDisposeScope();
        inner.Replace(ToInner(vectors));
    }

    private Tensor Scale() => (batchVariance / bookVariance).sqrt();

    private Tensor ToInner(Tensor rows) => (rows - batchMean) / Scale() + bookMean;

    // A channel without variance has no scale.
    private static void Average(Tensor mean, Tensor variance, Tensor rows, double decay)
    {
        mean.mul_(decay).add_(rows.mean([0]), 1 - decay);
        variance.mul_(decay).add_(rows.var(0, unbiased: false).clamp_min(LeastVariance), 1 - decay);
    }
}
