using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Papers.TransPrune;

/// <summary>How directions are turned into weights.</summary>
public enum TransitionVariant
{
    /// <summary>1 - |d|, weights among the visual tokens that are alive: what the paper writes.</summary>
    Paper,

    /// <summary>1 - d, weights among all tokens of the sequence: what the published code computes.</summary>
    Repository,
}

/// <summary>What of a transition counts.</summary>
public enum TransitionQuantity
{
    /// <summary>Direction and magnitude: the paper's.</summary>
    Variation,

    /// <summary>The softmax of directions alone.</summary>
    Direction,

    /// <summary>Magnitudes alone.</summary>
    Magnitude,
}

/// <summary>
/// How much a token's representation changes as it passes a module: a token that is turned and stretched takes part in what is
/// computed, one that comes out as it went in does not.
/// </summary>
/// <remarks>Source: equations 1 to 3 of arXiv 2507.20630; inputs are normalised, outputs are taken before the residual, as in the reference code.</remarks>
public static class TokenTransition
{
    /// <summary>The length of the output over that of the input.</summary>
    /// <param name="input">[B, N, d].</param>
    /// <param name="output">[B, N, d].</param>
    /// <returns>[B, N].</returns>
    public static Tensor Magnitude(Tensor input, Tensor output)
    {
        using var scope = NewDisposeScope();
        return (output.norm(-1) / input.norm(-1).clamp_min(1e-12)).MoveToOuterDisposeScope();
    }

    /// <summary>The cosine between output and input.</summary>
    /// <param name="input">[B, N, d].</param>
    /// <param name="output">[B, N, d].</param>
    /// <returns>[B, N].</returns>
    public static Tensor Direction(Tensor input, Tensor output) => nn.functional.cosine_similarity(input, output, -1);

    /// <summary>Token transition variation of a module.</summary>
    /// <param name="magnitude">[B, N].</param>
    /// <param name="direction">[B, N].</param>
    /// <param name="among">[B, N] bool: tokens that the softmax runs over.</param>
    /// <param name="variant">How directions count.</param>
    /// <param name="quantity">What counts at all.</param>
    /// <returns>[B, N]; 0 for other tokens.</returns>
    public static Tensor Variation(Tensor magnitude, Tensor direction, Tensor among, TransitionVariant variant, TransitionQuantity quantity = TransitionQuantity.Variation)
    {
        using var scope = NewDisposeScope();
        if (quantity == TransitionQuantity.Magnitude) return (magnitude * among).MoveToOuterDisposeScope();
        var turned = 1 - (variant == TransitionVariant.Paper ? direction.abs() : direction);
        var weights = turned.masked_fill(among.logical_not(), float.NegativeInfinity).softmax(1);
        return (quantity == TransitionQuantity.Direction ? weights : weights * magnitude).MoveToOuterDisposeScope();
    }

    /// <summary>Of a layer: attention and MLP together.</summary>
    /// <param name="layer">That has run.</param>
    /// <param name="variant">How directions count.</param>
    /// <param name="quantity">What counts at all.</param>
    /// <returns>[B, n] of the visual tokens that entered it; 0 where one was masked.</returns>
    public static Tensor OfLayer(LayerPass layer, TransitionVariant variant, TransitionQuantity quantity = TransitionQuantity.Variation)
    {
        using var scope = NewDisposeScope();
        var (entered, taps) = (layer.Entered, layer.Taps);
        var visual = Visual(entered);
        var among = variant == TransitionVariant.Paper ? visual : visual.logical_or(Text(entered));
        var sum = OfModule(taps.AttentionInput, taps.AttentionOutput) + OfModule(taps.MlpInput, taps.MlpOutput);
        return sum.masked_fill(visual.logical_not(), 0).narrow(1, TokenSequence.FirstVisual, entered.VisualCount).MoveToOuterDisposeScope();

        Tensor OfModule(Tensor input, Tensor output) => Variation(Magnitude(input, output), Direction(input, output), among, variant, quantity);
    }

    // [B, N]: visual tokens that are alive.
    private static Tensor Visual(TokenSequence sequence)
    {
        var alive = sequence.Alive ?? ones_like(sequence.Patches, ScalarType.Bool);
        var none = zeros(alive.shape[0], sequence.Length - sequence.VisualCount, ScalarType.Bool, alive.device);
        return cat([none.narrow(1, 0, TokenSequence.FirstVisual), alive, none.narrow(1, TokenSequence.FirstVisual, none.shape[1] - TokenSequence.FirstVisual)], 1);
    }

    // [1, N]: tokens that are not visual.
    private static Tensor Text(TokenSequence sequence)
    {
        var places = arange(sequence.Length, device: sequence.Tokens.device).unsqueeze(0);
        return places.lt(TokenSequence.FirstVisual).logical_or(places.ge(sequence.FirstText));
    }
}
