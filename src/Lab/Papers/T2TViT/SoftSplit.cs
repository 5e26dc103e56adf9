using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>Cuts an image into overlapping windows, each a token: neighbouring tokens share pixels.</summary>
/// <remarks>Source: section 3.1 (arXiv 2101.11986).</remarks>
public static class SoftSplit
{
    /// <summary>From an image to tokens.</summary>
    /// <param name="image">[B, C, H, W].</param>
    /// <param name="split">Windows.</param>
    /// <returns>[B, L, C k k]; within a token channel by channel, then row by row.</returns>
    public static Tensor Of(Tensor image, Split split)
    {
        split.Check();
        using var scope = NewDisposeScope();
        return nn.functional.unfold(image, split.Kernel, padding: split.Padding, stride: split.Stride).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Tokens as an image again, one pixel each.</summary>
    /// <param name="tokens">[B, L, C], L a square.</param>
    /// <returns>[B, C, sqrt L, sqrt L].</returns>
    /// <exception cref="ArgumentException">The tokens fill no square.</exception>
    public static Tensor Restructure(Tensor tokens)
    {
        var side = (long)Math.Round(Math.Sqrt(tokens.shape[1]));
        if (side * side != tokens.shape[1]) throw new ArgumentException($"{tokens.shape[1]} tokens fill no square.", nameof(tokens));
        using var scope = NewDisposeScope();
        return tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], side, side).MoveToOuterDisposeScope();
    }
}
