using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>A weight per token, laid over the picture that the tokens were cut from. The tensors stay the caller's.</summary>
/// <param name="Image">[C, H, W] with 1 or 3 channels, values in [0, 1].</param>
/// <param name="Weights">[h, w], one weight per token, any scale; H and W are multiples of h and w. NaN is marked.</param>
/// <param name="Title">Caption.</param>
/// <param name="Scale">Screen pixels per picture pixel.</param>
/// <exception cref="ArgumentException">Another shape, or a token grid that does not divide the picture.</exception>
/// <exception cref="ArgumentOutOfRangeException">Fewer than one screen pixel per picture pixel.</exception>
public sealed record TokenMap(Tensor Image, Tensor Weights, string Title = "", int Scale = 6)
{
    /// <summary>[C, H, W].</summary>
    public Tensor Image { get; } = Image.dim() == 3 && Image.shape[0] is 1 or 3 && Image.numel() > 0
        ? Image
        : throw new ArgumentException($"A token map lies over one picture [C, H, W] with 1 or 3 channels, got [{string.Join(", ", Image.shape)}].", nameof(Image));

    /// <summary>[h, w].</summary>
    public Tensor Weights { get; } = Weights.dim() == 2 && Weights.numel() > 0 && Image.shape[1] % Weights.shape[0] == 0 && Image.shape[2] % Weights.shape[1] == 0
        ? Weights
        : throw new ArgumentException($"Weights [{string.Join(", ", Weights.shape)}] are not a grid [h, w] that divides the picture's {Image.shape[1]}x{Image.shape[2]} pixels.", nameof(Weights));

    /// <summary>Screen pixels per picture pixel.</summary>
    public int Scale { get; } = Scale >= 1 ? Scale : throw new ArgumentOutOfRangeException(nameof(Scale), Scale, "A picture pixel takes at least one screen pixel.");
}
