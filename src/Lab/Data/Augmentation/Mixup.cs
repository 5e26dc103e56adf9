using static TorchSharp.torch;

namespace Lab.Data.Augmentation;

/// <summary>Blends each picture and its label with those of another picture of the batch; one weight per batch.</summary>
/// <remarks>Source: Zhang et al. 2018, "mixup: Beyond empirical risk minimization" (arXiv 1710.09412), equation 1.</remarks>
/// <param name="Classes">Classes K of the labels.</param>
/// <param name="Alpha">The weight is drawn from Beta(alpha, alpha); larger blends more evenly.</param>
public sealed record Mixup(int Classes, double Alpha = 0.8) : IAugmentation
{
    /// <summary>The weight is drawn from Beta(alpha, alpha).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public double Alpha { get; } = MixedLabels.CheckedAlpha(Alpha);

    /// <inheritdoc/>
    public ImageBatch Apply(ImageBatch batch, Generator random)
    {
        var weight = MixedLabels.DrawWeight(Alpha, random);
        var partner = MixedLabels.Partners(batch, random);
        return new(
            batch.Images * weight + batch.Images.index_select(0, partner) * (1 - weight),
            MixedLabels.Mix(batch.Labels, Classes, partner, weight));
    }
}
