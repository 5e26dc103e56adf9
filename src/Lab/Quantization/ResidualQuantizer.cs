using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Residual quantization: every stage quantizes what the stages before left over; the vector is the sum of the codes. A quantizer that stands in the list
/// several times is one shared book, which learns once a step from the residuals of all its stages together.
/// </summary>
/// <remarks>
/// Sources: Juang and Gray 1982; in a network: Zeghidour et al. 2021 (arXiv 2107.03312); one book for all stages: Lee et al. 2022, section 3.1 (arXiv 2203.01941).
/// </remarks>
public sealed class ResidualQuantizer : Quantizer
{
    private readonly VectorQuantizer[] stages;
    private readonly GradientEstimator estimator;
    private readonly StageDropout? dropout;

    /// <param name="stages">M quantizers of one width, first to last, the same one several times to share its book; owned by this module from now on.</param>
    /// <param name="estimator">Of the sum; null: straight-through.</param>
    /// <param name="dropout">Of the last stages in training; null: all are always used.</param>
    /// <exception cref="ArgumentException">No stage, stages of several widths, or a dropout that does not fit them.</exception>
    public ResidualQuantizer(IReadOnlyList<VectorQuantizer> stages, GradientEstimator? estimator = null, StageDropout? dropout = null)
        : base(stages.Count > 0 ? stages[0].Dim : throw new ArgumentException("A residual quantizer needs at least 1 stage.", nameof(stages)), nameof(ResidualQuantizer))
    {
        if (stages.FirstOrDefault(stage => stage.Dim != Dim) is { } odd) throw new ArgumentException($"All stages must be {Dim} wide, one is {odd.Dim}.", nameof(stages));
        if (stages.GroupBy(stage => stage.Codebook).FirstOrDefault(book => book.Count() > 1 && book.Key is AffineCodebook) is not null)
            throw new ArgumentException("Stages cannot share a codebook that follows the place and scale of its vectors: residuals have others in every stage.", nameof(stages));
        dropout?.Check(stages.Count);
        this.stages = [.. stages];
        this.estimator = GradientEstimator.For(estimator, stages.Select(stage => stage.Codebook));
        this.dropout = dropout;
        BookSizes = [.. stages.Select(stage => stage.Codebook.Size)];
        foreach (var stage in stages.Distinct()) register_module($"stage{Array.IndexOf(this.stages, stage)}", stage);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>
    /// How many prefixes of codes the search keeps from stage to stage when it is not training; 1: the nearest code of every stage. More find better sums.
    /// </summary>
    /// <exception cref="ArgumentException">Below 1.</exception>
    public int BeamWidth { get; init => field = BeamSearch.Width(value); } = 1;

    /// <summary>[M, K, D], a copy.</summary>
    /// <exception cref="InvalidOperationException">Books of several sizes.</exception>
    public Tensor Books()
    {
        if (BookSizes.Distinct().Count() > 1) throw new InvalidOperationException($"Books of sizes {string.Join(", ", BookSizes)} do not stack.");
        return stack([.. stages.Select(stage => stage.Codebook.Vectors)]);
    }

    /// <inheritdoc/>
    protected override bool TakesPrefixes => true;

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        if (!training && BeamWidth > 1)
        {
            var best = BeamSearch.Residual(rows, [.. stages.Select(stage => stage.Codebook.Vectors)], BeamWidth);
            return new(LookupRows(best), best, zeros([], rows.dtype, rows.device));
        }

        var used = training && dropout is not null ? dropout.Draw(stages.Length) : stages.Length;
        var (residual, sum, loss) = (rows, zeros_like(rows), zeros([], rows.dtype, rows.device));
        var (codes, compared) = (new List<Tensor>(), new List<Tensor>());
        foreach (var stage in stages.Take(used))
        {
            var (z, vectors, code, stageLoss) = stage.Assign(residual, learn: false); // a shared book must not move between its stages
            compared.Add(z.detach());
            residual = residual - vectors.detach(); // each stage's loss is about its own residual
            (sum, loss) = (sum + vectors, loss + stageLoss);
            codes.Add(code);
        }
        if (training) Learn(compared, codes);
        if (used < stages.Length) codes.Add(full([rows.shape[0], stages.Length - used], -1, ScalarType.Int64, rows.device));
        return new(training ? estimator.Apply(rows, sum) : sum, cat(codes, 1), loss);
    }

    private void Learn(IReadOnlyList<Tensor> compared, IReadOnlyList<Tensor> codes)
    {
        foreach (var book in stages.Take(codes.Count).Index().GroupBy(stage => stage.Item.Codebook, stage => stage.Index))
            if (!book.Key.IsFrozen) book.Key.Learn(cat([.. book.Select(stage => compared[stage])]), cat([.. book.Select(stage => codes[stage].squeeze(1))]));
    }

    /// <inheritdoc/>
    /// <remarks>A prefix of the codes gives the sum of the first stages.</remarks>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        var sum = zeros([codes.shape[0], Dim], device: codes.device);
        for (var i = 0; i < codes.shape[1]; i++) sum = sum + stages[i].LookupRows(codes.narrow(1, i, 1));
        return sum;
    }

    /// <summary>Stages are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
