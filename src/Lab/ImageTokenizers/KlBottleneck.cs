using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>
/// The bottleneck of a variational autoencoder: the encoder gives a mean and a log variance for every latent number, training
/// draws from that normal distribution and pays for its divergence from the standard one, evaluation takes the mean.
/// </summary>
/// <remarks>Source: Kingma and Welling 2013, appendix B (arXiv 1312.6114); as a first stage: Rombach et al. 2022, section 3.1 (arXiv 2112.10752).</remarks>
public sealed class KlBottleneck : Bottleneck
{
    private const double LeastLogVariance = -30, MostLogVariance = 20;

    private readonly double weight;

    /// <param name="weight">Of the divergence, a mean over latent numbers, in the loss.</param>
    /// <exception cref="ArgumentException">A negative weight, or one that is no number.</exception>
    public KlBottleneck(double weight = 1e-2) : base(nameof(KlBottleneck))
    {
        if (!(weight >= 0 && double.IsFinite(weight))) throw new ArgumentException($"The weight of the divergence must be 0 or more, got {weight}.", nameof(weight));
        this.weight = weight;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => [];

    /// <inheritdoc/>
    /// <remarks>Means and log variances.</remarks>
    public override int EncoderChannels(int zChannels) => 2 * zChannels;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An odd number of channels.</exception>
    public override Quantized forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var (mean, logVariance) = Parts(z);
        var values = training ? mean + (logVariance / 2).exp() * randn_like(mean) : mean.contiguous();
        var loss = training ? weight * Divergence(mean, logVariance) : zeros([], z.dtype, z.device);
        var codes = empty([z.shape[0], z.shape[2], z.shape[3], 0], ScalarType.Int64, z.device);
        return new Quantized(values, codes, loss).MoveToOuterScope();
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: there are no codes.</exception>
    public override Tensor Lookup(Tensor codes) => throw new NotSupportedException("Continuous latents have no codes to look up.");

    /// <summary>What the encoder's channels mean.</summary>
    /// <param name="z">[B, 2 z, h, w].</param>
    /// <returns>Mean and logarithm of the variance, each [B, z, h, w].</returns>
    internal static (Tensor Mean, Tensor LogVariance) Parts(Tensor z)
    {
        if (z.dim() != 4 || z.shape[1] % 2 != 0) throw new ArgumentException($"Means and log variances are [B, 2 z, h, w], got [{string.Join(", ", z.shape)}].", nameof(z));
        var parts = z.chunk(2, 1);
        return (parts[0], parts[1].clamp(LeastLogVariance, MostLogVariance));
    }

    /// <summary>Kullback-Leibler divergence from the standard normal distribution in nats, mean over latent numbers.</summary>
    internal static Tensor Divergence(Tensor mean, Tensor logVariance) => (mean.square() + logVariance.exp() - 1 - logVariance).mean() / 2;

    /// <summary>There is nothing to register.</summary>
    protected override void RegisterComponents() { }
}
