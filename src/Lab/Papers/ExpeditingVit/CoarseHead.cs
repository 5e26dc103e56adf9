using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>
/// A segmentation model whose head answers for clusters and has its answers enlarged bilinearly, instead of getting all tokens back. The
/// released Segmenter works like this.
/// </summary>
internal sealed class CoarseHead : nn.Module<Tensor, Tensor>, IBlockwiseTransformer
{
    private readonly VisionTransformer model;
    private readonly int side;

    /// <param name="model">Stays the caller's.</param>
    /// <param name="side">Rows and columns of clusters.</param>
    public CoarseHead(VisionTransformer model, int side) : base(nameof(CoarseHead))
    {
        (this.model, this.side) = (model, side);
        register_module("model", model);
    }

    /// <inheritdoc/>
    public int ClassTokens => 0;

    /// <inheritdoc/>
    public (int Height, int Width) Grid => model.Grid;

    /// <inheritdoc/>
    public IReadOnlyList<TransformerBlock> Blocks => model.Blocks;

    /// <inheritdoc/>
    public Tensor Embed(Tensor images) => model.Embed(images);

    /// <inheritdoc/>
    public Tensor Head(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return nn.functional.interpolate(model.Head(tokens, side, side), [model.Options.ImageSize, model.Options.ImageSize], mode: InterpolationMode.Bilinear, align_corners: false).MoveToOuterDisposeScope();
    }

    /// <summary>There are no clusters without a reduction.</summary>
    public override Tensor forward(Tensor images) => throw new NotSupportedException($"{nameof(CoarseHead)} answers for clusters alone: run it reduced.");

    /// <summary>The model is the caller's.</summary>
    protected override void Dispose(bool disposing) { }
}
