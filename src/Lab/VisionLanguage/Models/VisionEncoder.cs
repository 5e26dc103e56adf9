using Lab.Data.ShapesQa;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>What the encoder makes of pictures.</summary>
/// <param name="Class">[B, dv], the class token.</param>
/// <param name="Patches">[B, n, dv].</param>
/// <param name="Attention">Of every layer, [B, h, n + 1, n + 1], the class token first.</param>
public sealed record VisionFeatures(Tensor Class, Tensor Patches, IReadOnlyList<Tensor> Attention)
{
    /// <summary>How much the class token looks at each patch in the last layer: mean over heads, its look at itself left out.</summary>
    /// <returns>[B, n], a new tensor; rows sum to 1.</returns>
    public Tensor ClassAttention()
    {
        using var scope = NewDisposeScope();
        var row = Attention[^1].select(2, 0).narrow(2, 1, Patches.shape[1]); // [B, h, n]
        return (row / row.sum(-1, keepdim: true)).mean([1L]).MoveToOuterDisposeScope();
    }
}

/// <summary>A small vision transformer with a class token: the stand-in for the vision tower of CLIP.</summary>
public sealed class VisionEncoder : nn.Module<Tensor, VisionFeatures>
{
    private const double PositionStd = 0.3;

    private readonly PatchEmbed patches;
    private readonly Parameter classToken, positions; // [1, 1, dv], [1, n + 1, dv]
    private readonly RmsBlock[] blocks;
    private readonly RmsNorm norm;

    /// <param name="options">Sizes.</param>
    public VisionEncoder(TinyVlmOptions options) : base(nameof(VisionEncoder))
    {
        var dim = options.VisionDim;
        patches = new PatchEmbed(3, dim, QaSet.Patch, std: 1 / Math.Sqrt(TinyVlmOptions.PatchValues));
        classToken = new Parameter(empty(1, 1, dim).DetachFromDisposeScope());
        Layers.TruncatedNormal(classToken, PositionStd);
        positions = PositionEmbedding.Create(PositionKind.Learned, options.Patches + 1, dim, PositionStd)!;
        blocks = [.. Enumerable.Range(0, options.VisionDepth).Select(_ => new RmsBlock(dim, TinyVlmOptions.VisionHeads, options.VisionDepth))];
        norm = new RmsNorm(dim);
        register_parameter("cls_token", classToken);
        register_parameter("pos_embed", positions);
        register_module("patch_embed", patches);
        for (var i = 0; i < blocks.Length; i++) this.Register($"blocks.{i}", blocks[i]);
        register_module("norm", norm);
    }

    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>The caller's dispose scope owns it.</returns>
    /// <exception cref="ArgumentException">Pictures of another size.</exception>
    public override VisionFeatures forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var tokens = patches.call(images); // [B, n, dv]
        var x = PositionEmbedding.Add(cat([classToken.expand(tokens.shape[0], -1, -1), tokens], 1), positions);
        var attention = new List<Tensor>();
        foreach (var block in blocks)
        {
            var taps = block.Tap(x, null, null);
            attention.Add(taps.Attention.MoveToOuterDisposeScope());
            x = taps.Output;
        }
        x = norm.call(x);
        return new(x.select(1, 0).MoveToOuterDisposeScope(), x.narrow(1, 1, tokens.shape[1]).MoveToOuterDisposeScope(), attention);
    }

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
