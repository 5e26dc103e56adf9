using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>Shift and scale per channel: (x - mean) / std on pixels in [0, 1].</summary>
/// <param name="Mean">One number per channel.</param>
/// <param name="Std">One positive number per channel.</param>
public sealed record Normalization(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Mean and standard deviation of CIFAR-10's training pixels.</summary>
    public static Normalization Cifar10 { get; } = new([0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f]);

    /// <summary>[0, 1] to [-1, 1] in three channels, as image tokenizers take them.</summary>
    public static Normalization Signed { get; } = new([0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]);

    /// <summary>Mean and standard deviation per channel of these pictures.</summary>
    /// <exception cref="ArgumentException">A channel is constant.</exception>
    public static Normalization Of(LabeledImages data)
    {
        var channels = data.Images.shape[1];
        var (mean, std) = (new float[channels], new float[channels]);
        for (var c = 0; c < channels; c++)
        {
            // Counting the 256 values is exact, where a running float sum over millions of pixels is not.
            using var scope = NewDisposeScope();
            var counts = data.Images.select(1, c).reshape(-1).bincount(null, 256).to(ScalarType.Float64);
            var share = counts / counts.sum();
            var value = arange(256, ScalarType.Float64) / 255;
            var average = (share * value).sum();
            var deviation = (share * (value - average).square()).sum().sqrt();
            if (deviation.item<double>() < 1e-6)
                throw new ArgumentException($"Channel {c} of these pictures is constant and cannot be scaled to unit deviation.", nameof(data));
            (mean[c], std[c]) = ((float)average.item<double>(), (float)deviation.item<double>());
        }

        return new(mean, std);
    }

    /// <param name="images">[B, C, H, W] in [0, 1].</param>
    /// <returns>[B, C, H, W], a new tensor on the same device.</returns>
    /// <exception cref="ArgumentException">Another number of channels.</exception>
    public Tensor Apply(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (mean, std) = Channels(images);
        return ((images - mean) / std).MoveToOuterDisposeScope();
    }

    /// <summary>Undoes <see cref="Apply"/>, for showing a batch.</summary>
    /// <param name="images">[B, C, H, W], normalized.</param>
    /// <returns>[B, C, H, W] in [0, 1], a new tensor.</returns>
    /// <exception cref="ArgumentException">Another number of channels.</exception>
    public Tensor Invert(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (mean, std) = Channels(images);
        return (images * std + mean).MoveToOuterDisposeScope();
    }

    private (Tensor Mean, Tensor Std) Channels(Tensor images)
    {
        if (Mean.Count != Std.Count || images.dim() != 4 || images.shape[1] != Mean.Count)
            throw new ArgumentException($"{Mean.Count} means and {Std.Count} deviations do not fit images [{string.Join(", ", images.shape)}].", nameof(images));
        return (Column(Mean), Column(Std)); // [1, C, 1, 1]

        Tensor Column(IReadOnlyList<float> values) => tensor(values.ToArray(), device: images.device).view(1, -1, 1, 1);
    }
}
