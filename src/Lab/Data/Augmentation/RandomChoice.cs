using static TorchSharp.torch;

namespace Lab.Data.Augmentation;

/// <summary>Applies one of two augmentations to a batch, e.g. cutmix or mixup as in the official recipes.</summary>
/// <param name="First">Applied with the given probability.</param>
/// <param name="Second">Applied otherwise.</param>
/// <param name="Probability">Of the first, 0 .. 1, for each batch.</param>
public sealed record RandomChoice(IAugmentation First, IAugmentation Second, double Probability = 0.5) : IAugmentation
{
    /// <summary>Of the first, 0 .. 1, for each batch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside 0 .. 1.</exception>
    public double Probability { get; } = Probability is >= 0 and <= 1 ? Probability
        : throw new ArgumentOutOfRangeException(nameof(Probability), Probability, "A probability is between 0 and 1.");

    /// <inheritdoc/>
    public ImageBatch Apply(ImageBatch batch, Generator random)
    {
        using var draw = rand(1, generator: random);
        return (draw.item<float>() < Probability ? First : Second).Apply(batch, random);
    }
}
