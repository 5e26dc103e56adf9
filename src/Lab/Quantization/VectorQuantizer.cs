using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Vector quantization: a vector becomes the nearest code of a learned codebook.</summary>
/// <remarks>Source: van den Oord et al. 2017, section 3 (arXiv 1711.00937).</remarks>
public sealed class VectorQuantizer : Quantizer
{
    private readonly GradientEstimator estimator;
    private readonly double commitment;

    /// <param name="codebook">Owned by this module from now on.</param>
    /// <param name="estimator">Null: straight-through.</param>
    /// <param name="commitment">beta: of the term that holds the vectors near their codes.</param>
    /// <exception cref="ArgumentException">A negative weight, or a codebook that cannot be what its options ask for.</exception>
    public VectorQuantizer(Codebook codebook, GradientEstimator? estimator = null, double commitment = 0.25) : base(codebook.Dim, nameof(VectorQuantizer))
    {
        if (commitment is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The commitment weight must not be negative, got {commitment}.", nameof(commitment));
        codebook.Check();
        Codebook = codebook;
        this.estimator = GradientEstimator.For(estimator, [codebook]);
        this.commitment = commitment;
        register_module("codebook", codebook);
    }

    /// <summary>Keeps codes decided and diverse; null: nothing does.</summary>
    /// <exception cref="ArgumentException">A value outside its range.</exception>
    public CodeEntropyLoss? Entropy
    {
        get;
        init
        {
            value?.Check();
            field = value;
        }
    }

    /// <summary>Commitment by cross entropy, beside that by distance, whose weight may be 0; null: none.</summary>
    /// <exception cref="ArgumentException">A value outside its range.</exception>
    public CodeCrossEntropyLoss? CrossEntropy
    {
        get;
        init
        {
            value?.Check();
            field = value;
        }
    }

    /// <summary>
    /// T: in training a code is drawn with the probabilities softmax(-|z - c|^2 / T), and far codes are tried, too; 0: the nearest is taken, as always in
    /// evaluation.
    /// </summary>
    /// <exception cref="ArgumentException">A negative temperature.</exception>
    /// <remarks>Source: Lee et al. 2022, section 3.2 (arXiv 2203.01941).</remarks>
    public double SamplingTemperature
    {
        get;
        init => field = value is >= 0 and < double.PositiveInfinity ? value : throw new ArgumentException($"{nameof(SamplingTemperature)} must not be negative, got {value}.", nameof(value));
    }

    /// <summary>Keeps codes apart; null: nothing does.</summary>
    /// <exception cref="ArgumentException">A value outside its range, or a codebook without gradients.</exception>
    public CodeOrthogonalityLoss? Orthogonality
    {
        get;
        init
        {
            value?.Check();
            if (value is not null && !Codebook.LearnsByGradient) throw new ArgumentException("Codes that are moving averages have no gradient that could keep them apart.", nameof(value));
            field = value;
        }
    }

    /// <summary>The codes.</summary>
    public Codebook Codebook { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => [Codebook.Size];

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var (z, q, codes, loss) = Assign(rows);
        return new(training ? estimator.Apply(z, q) : q, codes, loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => Codebook.Vectors.index_select(0, codes.squeeze(1));

    /// <summary>The nearest codes as they are; quantizers made of several books estimate the gradient once, for all of them.</summary>
    /// <param name="rows">[N, D].</param>
    /// <param name="learn">In training the book learns at once; who uses it several times lets it learn afterwards.</param>
    /// <returns>What was compared [N, D], its codes' vectors [N, D], codes [N, 1], loss.</returns>
    internal (Tensor Compared, Tensor Vectors, Tensor Codes, Tensor Loss) Assign(Tensor rows, bool learn = true)
    {
        var z = Codebook.Project(rows);
        if (training && !Codebook.IsFrozen) Codebook.Start(z.detach());
        var vectors = Codebook.Vectors;
        var codes = training && SamplingTemperature > 0
            ? NearestCode.Draw(z.detach(), vectors.detach(), SamplingTemperature)
            : NearestCode.Search(z.detach(), vectors.detach());
        var q = vectors.index_select(0, codes);
        if (!training) return (z, q, codes.unsqueeze(1), zeros([], rows.dtype, rows.device));

        var loss = commitment * (z - q.detach()).square().mean();
        if (Codebook.LearnsByGradient && !Codebook.IsFrozen) loss = loss + (z.detach() - q).square().mean();
        if (Entropy is not null) loss = loss + Entropy.Weight * Entropy.Of(z, Codebook.IsFrozen ? vectors.detach() : vectors);
        if (CrossEntropy is not null) loss = loss + CrossEntropy.Weight * CrossEntropy.Of(z, Codebook.IsFrozen ? vectors.detach() : vectors, codes);
        if (Codebook.IsFrozen) return (z, q.detach(), codes.unsqueeze(1), loss);
        if (Orthogonality is not null) loss = loss + Orthogonality.Weight * Orthogonality.Of(vectors);
        if (learn) Codebook.Learn(z.detach(), codes);
        return (z, q, codes.unsqueeze(1), loss);
    }

    /// <summary>The codebook is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
