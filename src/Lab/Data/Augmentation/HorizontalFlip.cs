using static TorchSharp.torch;

namespace Lab.Data.Augmentation;

/// <summary>Mirrors each picture left to right with a probability.</summary>
/// <param name="Probability">0 .. 1, for each picture by itself.</param>
public sealed record HorizontalFlip(double Probability = 0.5) : IAugmentation
{
    /// <summary>0 .. 1, for each picture by itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside 0 .. 1.</exception>
    public double Probability { get; } = Probability is >= 0 and <= 1 ? Probability
        : throw new ArgumentOutOfRangeException(nameof(Probability), Probability, "A probability is between 0 and 1.");

    /// <inheritdoc/>
    public ImageBatch Apply(ImageBatch batch, Generator random)
    {
        var mirrored = rand(batch.Images.shape[0], generator: random) < Probability; // [B]
        return batch with { Images = where(mirrored.to(batch.Images.device).view(-1, 1, 1, 1), batch.Images.flip(3), batch.Images) };
    }
}
