using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>Pictures in rows, each with an optional caption. The tensor stays the caller's.</summary>
/// <param name="Images">[N, C, H, W] with 1 or 3 channels, values in [0, 1]; values outside are clipped, NaN is marked.</param>
/// <param name="Captions">None, or one per image.</param>
/// <param name="Columns">Pictures in a row.</param>
/// <param name="Scale">Screen pixels per picture pixel.</param>
/// <exception cref="ArgumentException">Another shape, or not one caption per image.</exception>
/// <exception cref="ArgumentOutOfRangeException">Fewer than one column or screen pixel.</exception>
public sealed record ImageGrid(Tensor Images, IReadOnlyList<string>? Captions = null, int Columns = 8, int Scale = 3)
{
    /// <summary>[N, C, H, W].</summary>
    public Tensor Images { get; } = Images.dim() == 4 && Images.shape[1] is 1 or 3 && Images.numel() > 0
        ? Images
        : throw new ArgumentException($"An image grid shows [N, C, H, W] with 1 or 3 channels, got [{string.Join(", ", Images.shape)}].", nameof(Images));

    /// <summary>None, or one per image.</summary>
    public IReadOnlyList<string>? Captions { get; } = Captions is null || Captions.Count == Images.shape[0]
        ? Captions
        : throw new ArgumentException($"{Captions.Count} captions for {Images.shape[0]} images: give one per image, or none.", nameof(Captions));

    /// <summary>Pictures in a row.</summary>
    public int Columns { get; } = Columns >= 1 ? Columns : throw new ArgumentOutOfRangeException(nameof(Columns), Columns, "A row holds at least one picture.");

    /// <summary>Screen pixels per picture pixel.</summary>
    public int Scale { get; } = Scale >= 1 ? Scale : throw new ArgumentOutOfRangeException(nameof(Scale), Scale, "A picture pixel takes at least one screen pixel.");
}
