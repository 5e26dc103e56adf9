using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Vector quantization that is trained with a weighted mean of all codes, weights softmax(-|z - c|^2 / T), so that every
/// code and the vector get exact gradients of what was computed. Evaluation takes the nearest code: what it computes is not
/// what was trained, and the temperature T falls from 1 to 0.1 to close that gap.
/// </summary>
/// <remarks>Source: Agustsson et al. 2017, section 3.2 (arXiv 1704.00648).</remarks>
public class SoftVectorQuantizer : Quantizer, IAnnealed
{
    private const double FirstTemperature = 1, LastTemperature = 0.1;

    private readonly double commitment;

    /// <param name="codebook">Owned by this module from now on.</param>
    /// <param name="commitment">beta: of the term that holds the vectors near their codes.</param>
    /// <exception cref="ArgumentException">A codebook without gradients, or a negative weight.</exception>
    public SoftVectorQuantizer(Codebook codebook, double commitment = 0.25) : this(codebook, commitment, nameof(SoftVectorQuantizer)) { }

    private protected SoftVectorQuantizer(Codebook codebook, double commitment, string name) : base(codebook.Dim, name)
    {
        if (commitment is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The commitment weight must not be negative, got {commitment}.", nameof(commitment));
        if (!codebook.LearnsByGradient) throw new ArgumentException("Weighted means teach codes by gradients, so the codebook must have some: moving averages have none.", nameof(codebook));
        codebook.Check();
        Codebook = codebook;
        this.commitment = commitment;
        register_module("codebook", codebook);
    }

    /// <summary>The codes.</summary>
    public Codebook Codebook { get; }

    /// <summary>T.</summary>
    public double Temperature { get; private set; } = FirstTemperature;

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => [Codebook.Size];

    /// <inheritdoc/>
    public void Anneal(double progress) => Temperature = progress is >= 0 and <= 1
        ? FirstTemperature * Math.Pow(LastTemperature / FirstTemperature, progress)
        : throw new ArgumentException($"Progress lies in [0, 1], got {progress}.", nameof(progress));

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var z = Codebook.Project(rows);
        if (training) Codebook.Start(z.detach());
        var vectors = Codebook.Vectors.clone(); // revival overwrites codes that the backward pass still needs
        var nearest = NearestCode.Search(z.detach(), vectors.detach());
        var q = vectors.index_select(0, nearest);
        if (!training) return new(q, nearest.unsqueeze(1), zeros([], rows.dtype, rows.device));

        var distances = z.square().sum(1, keepdim: true) - 2 * z.matmul(vectors.t()) + vectors.square().sum(1); // [N, K]
        var weights = Weights(-distances / Temperature);
        var loss = commitment * (z - q.detach()).square().mean() + (z.detach() - q).square().mean();
        Codebook.Learn(z.detach(), nearest);
        return new(weights.matmul(vectors), nearest.unsqueeze(1), loss);
    }

    /// <summary>Weights of the codes in training.</summary>
    /// <param name="logits">[N, K].</param>
    /// <returns>[N, K], rows sum to 1.</returns>
    private protected virtual Tensor Weights(Tensor logits) => logits.softmax(-1);

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => Codebook.Vectors.index_select(0, codes.squeeze(1));

    /// <summary>The codebook is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>
/// The same with one code drawn by those weights: the forward pass is hard, the gradient that of the softmax with the
/// noise that decided the draw.
/// </summary>
/// <remarks>Sources: Jang et al. 2017 (arXiv 1611.01144), Maddison et al. 2017 (arXiv 1611.00712); straight-through form.</remarks>
public sealed class GumbelQuantizer : SoftVectorQuantizer
{
    /// <inheritdoc cref="SoftVectorQuantizer(Codebook, double)"/>
    public GumbelQuantizer(Codebook codebook, double commitment = 0.25) : base(codebook, commitment, nameof(GumbelQuantizer)) { }

    // (-d^2 + G) / T: the noise is divided by the temperature, too, so the chance of a code is softmax(-d^2), whatever T.
    private protected override Tensor Weights(Tensor logits)
    {
        var noise = -(-rand_like(logits).clamp(1e-10, 1 - 1e-7).log()).log();
        var soft = (logits + noise / Temperature).softmax(-1);
        var hard = zeros_like(soft).scatter_(1, soft.argmax(1, keepdim: true), ones_like(soft));
        return hard + soft - soft.detach();
    }
}
