using static TorchSharp.torch;

namespace Lab.Data.Augmentation;

/// <summary>
/// Replaces a rectangle of each picture by that of another picture of the batch, and the label by the share of pixels;
/// one rectangle per batch.
/// </summary>
/// <remarks>Source: Yun et al. 2019, "CutMix" (arXiv 1905.04899), section 3.1. A rectangle that reaches over the border
/// is clipped, and the label weight follows from the pixels that were really replaced.</remarks>
/// <param name="Classes">Classes K of the labels.</param>
/// <param name="Alpha">The share that stays is drawn from Beta(alpha, alpha) before clipping.</param>
public sealed record Cutmix(int Classes, double Alpha = 1) : IAugmentation
{
    /// <summary>The share that stays is drawn from Beta(alpha, alpha) before clipping.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public double Alpha { get; } = MixedLabels.CheckedAlpha(Alpha);

    /// <inheritdoc/>
    public ImageBatch Apply(ImageBatch batch, Generator random)
    {
        var (height, width) = (batch.Images.shape[2], batch.Images.shape[3]);
        var side = Math.Sqrt(1 - MixedLabels.DrawWeight(Alpha, random)); // of the rectangle, as a share of the picture's
        var centre = rand(2, ScalarType.Float64, generator: random).data<double>().ToArray();
        var (top, bottom) = Span(centre[0], side, height);
        var (left, right) = Span(centre[1], side, width);
        var partner = MixedLabels.Partners(batch, random);

        var images = batch.Images.clone();
        images[.., .., (int)top..(int)bottom, (int)left..(int)right] =
            batch.Images.index_select(0, partner)[.., .., (int)top..(int)bottom, (int)left..(int)right];
        var replaced = (bottom - top) * (right - left) / (double)(height * width);
        return new(images, MixedLabels.Mix(batch.Labels, Classes, partner, 1 - replaced));
    }

    private static (long From, long To) Span(double centre, double side, long length)
    {
        var middle = (long)(centre * length);
        var half = (long)(side * length) / 2;
        return (Math.Max(0, middle - half), Math.Min(length, middle + half));
    }
}
