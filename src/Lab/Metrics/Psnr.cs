using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Peak signal-to-noise ratio of pictures in [-1, 1]: <c>10 log10(4 / MSE)</c> decibel.</summary>
public static class Psnr
{
    /// <summary>Of each picture; the mean over pictures is what papers report.</summary>
    /// <param name="images">[B, C, H, W]; clamped to [-1, 1].</param>
    /// <param name="reconstructions">[B, C, H, W]; clamped too.</param>
    /// <returns>[B] in decibel; infinite where a picture equals its reconstruction.</returns>
    /// <exception cref="ArgumentException">Shapes that differ or are no pictures.</exception>
    public static Tensor PerImage(Tensor images, Tensor reconstructions)
    {
        if (images.dim() != 4 || !images.shape.SequenceEqual(reconstructions.shape))
            throw new ArgumentException($"Two sets of pictures [B, C, H, W] of one shape are needed, got [{string.Join(", ", images.shape)}] and [{string.Join(", ", reconstructions.shape)}].", nameof(reconstructions));
        using var scope = NewDisposeScope();
        var error = (images.clamp(-1, 1) - reconstructions.clamp(-1, 1)).square().mean([1, 2, 3]); // [B]
        return (10 * (4 / error).log10()).MoveToOuterDisposeScope();
    }
}
