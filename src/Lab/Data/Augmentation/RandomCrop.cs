using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Lab.Data.Augmentation;

/// <summary>Pads each picture with black and cuts the old size out at a random place: a shift by up to the padding.</summary>
/// <param name="Padding">Pixels on every side, at least 0.</param>
public sealed record RandomCrop(int Padding = 4) : IAugmentation
{
    /// <summary>Pixels on every side, at least 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int Padding { get; } = Padding >= 0 ? Padding
        : throw new ArgumentOutOfRangeException(nameof(Padding), Padding, "The padding is at least 0 pixels.");

    /// <inheritdoc/>
    public ImageBatch Apply(ImageBatch batch, Generator random)
    {
        var (size, channels, height, width) = (batch.Images.shape[0], batch.Images.shape[1], batch.Images.shape[2], batch.Images.shape[3]);
        var device = batch.Images.device;
        var corners = randint(0, 2 * Padding + 1, [2, size, 1, 1], dtype: ScalarType.Int64, generator: random).to(device);
        var rows = corners[0] + arange(height, device: device).view(1, -1, 1);   // [B, H, 1]
        var columns = corners[1] + arange(width, device: device).view(1, 1, -1); // [B, 1, W]

        var padded = pad(batch.Images, [Padding, Padding, Padding, Padding]).flatten(2); // [B, C, (H + 2p) (W + 2p)]
        var place = (rows * (width + 2 * Padding) + columns).view(size, 1, -1).expand(-1, channels, -1);
        return batch with { Images = padded.gather(2, place).view(batch.Images.shape) };
    }
}
