using Lab.Data.ShapesQa;
using Lab.Nn;
using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Pruning;

/// <summary>A way to remove visual tokens without training: at the input, behind layers, or both. It has no memory from one batch to the next.</summary>
public interface IPruner
{
    /// <summary>In tables and legends.</summary>
    string Name { get; }

    /// <summary>Which visual tokens enter the decoder.</summary>
    /// <param name="input">Pictures and questions.</param>
    /// <returns>[B, n] bool; null: all.</returns>
    Tensor? AtInput(PruneInput input) => null;

    /// <summary>Which visual tokens go on behind a layer; asked behind every layer but the last.</summary>
    /// <param name="pass">Where the batch is.</param>
    /// <returns>[B, n] bool for the sequence's present visual tokens; null: all.</returns>
    Tensor? AfterLayer(DecoderPass pass) => null;
}

/// <summary>What a pruner may look at before the decoder starts. Tensors are not the pruner's to dispose.</summary>
/// <param name="Model">In evaluation mode.</param>
/// <param name="Batch">Pictures with one question each.</param>
/// <param name="Class">[B, dv], the encoder's class token.</param>
/// <param name="Patches">[B, n, dv], the encoder's patches.</param>
/// <param name="ClassAttention">[B, n], how much the class token looks at each patch in the last layer.</param>
/// <param name="Visual">[B, n, d], as the decoder takes them.</param>
/// <param name="Evidence">[B, n] bool, patches of the objects that the question names; for metrics and oracles alone.</param>
public sealed record PruneInput(TinyVlm Model, QaBatch Batch, Tensor Class, Tensor Patches, Tensor ClassAttention, Tensor Visual, Tensor Evidence);

/// <summary>A layer that has run.</summary>
/// <param name="Entered">The sequence before it.</param>
/// <param name="Taps">What passed through it.</param>
public sealed record LayerPass(TokenSequence Entered, BlockTaps Taps);

/// <summary>A batch on its way through the decoder.</summary>
/// <param name="Input">Pictures and questions.</param>
/// <param name="Sequence">Behind the last layer that has run.</param>
/// <param name="Layers">Layers that have run, the first one first.</param>
public sealed record DecoderPass(PruneInput Input, TokenSequence Sequence, IReadOnlyList<LayerPass> Layers)
{
    /// <summary>Layers that have run, 1 .. L - 1.</summary>
    public int Layer => Layers.Count;

    /// <summary>The attention that the next layer would pay with all tokens that are still there.</summary>
    /// <returns>[B, h, N, N]; belongs to the caller's dispose scope.</returns>
    public Tensor NextAttention() => Input.Model.Decoder.Attention(Layer + 1, Sequence);
}
