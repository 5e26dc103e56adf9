using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>Pictures in rows, each with an optional caption.</summary>
/// <param name="Images">[N, C, H, W] with 1 or 3 channels, values in [0, 1].</param>
/// <param name="Captions">None, or one per image.</param>
/// <param name="Columns">Pictures in a row.</param>
/// <param name="Scale">Screen pixels per picture pixel.</param>
public sealed record ImageGrid(Tensor Images, IReadOnlyList<string>? Captions = null, int Columns = 8, int Scale = 3);

/// <summary>A weight per token, laid over the picture that the tokens were cut from.</summary>
/// <param name="Image">[C, H, W] with 1 or 3 channels, values in [0, 1].</param>
/// <param name="Weights">[h, w], one finite weight per token, any scale; H and W are multiples of h and w.</param>
/// <param name="Title">Caption.</param>
/// <param name="Scale">Screen pixels per picture pixel.</param>
public sealed record TokenMap(Tensor Image, Tensor Weights, string Title = "", int Scale = 6);
