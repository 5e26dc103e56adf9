using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>How much text and picture look at each other in a layer.</summary>
/// <param name="TextToVision">[B]: share of the text's attention that goes to visual tokens.</param>
/// <param name="VisionToText">[B]: share of the visual tokens' attention that goes to the text; 0 where the text comes later.</param>
/// <remarks>Source: section 3.3 of arXiv 2505.18757.</remarks>
public sealed record CrossModalRatio(Tensor TextToVision, Tensor VisionToText)
{
    /// <summary>Of any attention.</summary>
    /// <param name="attention">[B, N, N], mean over heads; rows sum to 1.</param>
    /// <param name="vision">[B, N] bool.</param>
    /// <param name="text">[B, N] bool.</param>
    public static CrossModalRatio Of(Tensor attention, Tensor vision, Tensor text)
    {
        using var scope = NewDisposeScope();
        return new(Share(text, vision).MoveToOuterDisposeScope(), Share(vision, text).MoveToOuterDisposeScope());

        Tensor Share(Tensor rows, Tensor columns)
        {
            var looking = attention * rows.unsqueeze(-1);
            return (looking * columns.unsqueeze(1)).sum([1L, 2L]) / looking.sum([1L, 2L]).clamp_min(1e-12);
        }
    }

    /// <summary>Of a layer of the decoder. The text is what follows the picture.</summary>
    /// <param name="layer">That has run.</param>
    public static CrossModalRatio Of(LayerPass layer)
    {
        using var scope = NewDisposeScope();
        var entered = layer.Entered;
        var places = arange(entered.Length, device: entered.Tokens.device).unsqueeze(0);
        var alive = entered.Alive ?? ones_like(entered.Patches, ScalarType.Bool);
        var batch = alive.shape[0];
        var vision = cat([zeros(batch, TokenSequence.FirstVisual, ScalarType.Bool, alive.device), alive, zeros(batch, entered.Length - entered.FirstText, ScalarType.Bool, alive.device)], 1);
        var ratio = Of(layer.Taps.Attention.mean([1L]), vision, places.ge(entered.FirstText).expand(batch, -1));
        return new(ratio.TextToVision.MoveToOuterDisposeScope(), ratio.VisionToText.MoveToOuterDisposeScope());
    }
}
