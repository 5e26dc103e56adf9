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
        var (size, height, width) = (batch.Images.shape[0], batch.Images.shape[2], batch.Images.shape[3]);
        var corners = randint(0, 2 * Padding + 1, [2, size, 1], dtype: ScalarType.Int64, generator: random).to(batch.Images.device);
        var rows = corners[0] + arange(height, device: batch.Images.device);   // [B, H]
        var columns = corners[1] + arange(width, device: batch.Images.device); // [B, W]

        // With index tensors around the channel dimension the picked dimensions come first: [B, H, W, C].
        var padded = pad(batch.Images, [Padding, Padding, Padding, Padding]);
        var picture = arange(size, device: batch.Images.device).view(-1, 1, 1);
        var cropped = padded.index(
            TensorIndex.Tensor(picture), TensorIndex.Ellipsis, TensorIndex.Tensor(rows.unsqueeze(2)), TensorIndex.Tensor(columns.unsqueeze(1)));
        return batch with { Images = cropped.permute(0, 3, 1, 2).contiguous() };
    }
}
