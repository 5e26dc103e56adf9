using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>A vision transformer that can be run block by block, so that tokens can be reduced on the way.</summary>
public interface IBlockwiseTransformer
{
    /// <summary>Tokens in front that are no part of the picture, 0 or 1. They are never reduced.</summary>
    int ClassTokens { get; }

    /// <summary>Tokens of a picture, by height and width.</summary>
    (int Height, int Width) Grid { get; }

    /// <summary>In order.</summary>
    IReadOnlyList<TransformerBlock> Blocks { get; }

    /// <summary>Cuts pictures into tokens that know where they are.</summary>
    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, class tokens + N, D].</returns>
    Tensor Embed(Tensor images);

    /// <summary>What follows the last block.</summary>
    /// <param name="tokens">[B, class tokens + M, D].</param>
    /// <returns>The model's output.</returns>
    Tensor Head(Tensor tokens);
}
