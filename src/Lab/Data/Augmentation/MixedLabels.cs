using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Lab.Data.Augmentation;

/// <summary>What mixup and cutmix share: a weight, a partner for every picture, and labels weighted alike.</summary>
internal static class MixedLabels
{
    public static double CheckedAlpha(double alpha) => alpha > 0 && double.IsFinite(alpha) ? alpha
        : throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "Beta(alpha, alpha) needs a finite alpha above 0.");

    /// <returns>A number from Beta(<paramref name="alpha"/>, <paramref name="alpha"/>).</returns>
    public static double DrawWeight(double alpha, Generator random)
    {
        using var concentration = tensor(alpha, ScalarType.Float64);
        using var seed = randint(0, long.MaxValue, 1, ScalarType.Int64, generator: random);
        // A TorchSharp distribution disposes the generator it was given, so it gets one of its own.
        using var beta = distributions.Beta(concentration, concentration, new Generator((ulong)seed.item<long>()));
        using var weight = beta.sample();
        return weight.item<double>();
    }

    /// <returns>[B] int64, a random order of the batch on its device.</returns>
    public static Tensor Partners(ImageBatch batch, Generator random) =>
        randperm(batch.Images.shape[0], ScalarType.Int64, generator: random).to(batch.Images.device);

    /// <returns>[B, K]: <paramref name="weight"/> times the label plus the rest times the partner's.</returns>
    /// <exception cref="ArgumentException">Labels are neither [B] nor [B, K], or a class is not below K.</exception>
    public static Tensor Mix(Tensor labels, int classes, Tensor partner, double weight)
    {
        if (labels.dim() == 2 && labels.shape[1] != classes || labels.dim() is not (1 or 2))
            throw new ArgumentException($"Labels are [B] or [B, {classes}], got [{string.Join(", ", labels.shape)}].", nameof(labels));
        if (labels.dim() == 1 && labels.max().item<long>() >= classes)
            throw new ArgumentException($"A label is {labels.max().item<long>()}, but there are {classes} classes.", nameof(labels));

        var soft = labels.dim() == 2 ? labels : one_hot(labels, classes).to(ScalarType.Float32);
        return soft * weight + soft.index_select(0, partner) * (1 - weight);
    }
}
