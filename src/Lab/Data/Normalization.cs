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
        using var scope = NewDisposeScope();
        var channels = data.Images.shape[1];
        // Sums in double: a float sum over 50,000 pictures loses the last digits.
        var sum = zeros(channels, ScalarType.Float64);
        var squares = zeros(channels, ScalarType.Float64);
        foreach (var part in data.Images.split(1024, 0))
        {
            using var pixels = part.to(ScalarType.Float64) / 255;
            sum += pixels.sum([0L, 2, 3]);
            squares += pixels.square().sum([0L, 2, 3]);
        }

        var count = data.Images.numel() / (double)channels;
        var mean = sum / count;
        var std = (squares / count - mean.square()).clamp_min(0).sqrt();
        if (std.min().item<double>() < 1e-6)
            throw new ArgumentException("A channel of these pictures is constant and cannot be scaled to unit deviation.", nameof(data));
        return new(mean.to(ScalarType.Float32).data<float>().ToArray(), std.to(ScalarType.Float32).data<float>().ToArray());
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
