using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Structural similarity of pictures in [-1, 1]: 1 where they are equal.</summary>
/// <remarks>Source: Wang et al. 2004; Gaussian window of 11x11 with deviation 1.5, per channel, where the window lies inside the picture.</remarks>
public static class Ssim
{
    private const int Window = 11;
    private const double Deviation = 1.5, C1 = 0.01 * 2 * (0.01 * 2), C2 = 0.03 * 2 * (0.03 * 2); // (K L)^2 with the range L = 2

    /// <summary>Of each picture, mean over channels and positions.</summary>
    /// <param name="images">[B, C, H, W], at least 11 pixels wide and high; clamped to [-1, 1].</param>
    /// <param name="reconstructions">[B, C, H, W]; clamped too.</param>
    /// <returns>[B], at most 1.</returns>
    /// <exception cref="ArgumentException">Shapes that differ, are no pictures or smaller than the window.</exception>
    public static Tensor PerImage(Tensor images, Tensor reconstructions)
    {
        if (images.dim() != 4 || !images.shape.SequenceEqual(reconstructions.shape) || images.shape[2] < Window || images.shape[3] < Window)
            throw new ArgumentException($"Two sets of pictures [B, C, H, W] of one shape and at least {Window} pixels a side are needed, got [{string.Join(", ", images.shape)}] and [{string.Join(", ", reconstructions.shape)}].", nameof(reconstructions));
        using var scope = NewDisposeScope();
        var (x, y) = (Planes(images), Planes(reconstructions)); // [B C, 1, H, W]
        var window = Gaussian(x.dtype, x.device);
        var (meanX, meanY) = (Blur(x, window), Blur(y, window));
        var (varX, varY, covariance) = (Blur(x * x, window) - meanX * meanX, Blur(y * y, window) - meanY * meanY, Blur(x * y, window) - meanX * meanY);
        var similarity = (2 * meanX * meanY + C1) * (2 * covariance + C2) / ((meanX * meanX + meanY * meanY + C1) * (varX + varY + C2));
        return similarity.view(images.shape[0], -1).mean([1]).MoveToOuterDisposeScope();
    }

    private static Tensor Planes(Tensor images) => images.clamp(-1, 1).reshape(-1, 1, images.shape[2], images.shape[3]);

    // The window is a product of two lines, so two passes of 11 do the work of one of 121.
    private static Tensor Blur(Tensor planes, Tensor line) =>
        nn.functional.conv2d(nn.functional.conv2d(planes, line.view(1, 1, 1, Window)), line.view(1, 1, Window, 1));

    private static Tensor Gaussian(ScalarType type, Device device)
    {
        var place = arange(Window, type, device) - (Window - 1) / 2;
        var line = (-place.square() / (2 * Deviation * Deviation)).exp();
        return line / line.sum();
    }
}
