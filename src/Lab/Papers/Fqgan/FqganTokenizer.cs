using Lab.ImageTokenizers;
using Lab.Nn;
using Lab.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>Sizes of the tokenizer as it was published, for pictures of 256 pixels.</summary>
/// <param name="Network">Encoder and decoder.</param>
/// <param name="TeacherWidths">One for every book but the first: channels of the teacher's class token.</param>
public sealed record FqganOptions(VqGanOptions Network, IReadOnlyList<int> TeacherWidths)
{
    internal const int Size = 256, AdapterDepth = 6, PredictorDepth = 3, Heads = 8;

    /// <summary>Two books, the second learns from CLIP ViT-L/14.</summary>
    /// <param name="network">Encoder and decoder.</param>
    public static FqganOptions Dual(VqGanOptions network) => new(network, [1024]);

    /// <summary>Three books, the second learns from DINOv2-S, the third from CLIP ViT-B/16.</summary>
    /// <param name="network">Encoder and decoder.</param>
    public static FqganOptions Triple(VqGanOptions network) => new(network, [384, 768]);

    /// <summary>Codes of each book.</summary>
    public long BookSize { get; init; } = 16_384;

    /// <summary>Channels of a code.</summary>
    public int CodeDim { get; init; } = 8;

    /// <summary>With what guesses the teachers' tokens: needed for training alone.</summary>
    public bool WithPredictors { get; init; } = true;

    /// <summary>Tokens per side.</summary>
    public int Grid => Size / Network.Factor;

    /// <summary>k.</summary>
    public int Books => TeacherWidths.Count + 1;
}

/// <summary>The tokenizer as it was published: a VQGAN whose features go through one transformer per book. Books in the order visual, semantic.</summary>
/// <remarks>Source: FQGAN, section 3 (arXiv 2411.16681), and github.com/showlab/FQGAN.</remarks>
public sealed class FqganTokenizer : nn.Module<Tensor, (Tensor Images, Tensor Codes)>
{
    private readonly VqGanEncoder encoder;
    private readonly VqGanDecoder decoder;
    private readonly (FactorizedAdapter Adapter, VqGanHead Head, Conv2d Map, VectorQuantizer Quantizer)[] branches;
    private readonly TeacherPredictor[] predictors;
    private readonly Conv2d joined;

    /// <param name="options">Sizes.</param>
    public FqganTokenizer(FqganOptions options) : base(nameof(FqganTokenizer))
    {
        var (network, codes) = (options.Network, options.CodeDim);
        encoder = new VqGanEncoder(network);
        branches = [.. Enumerable.Range(0, options.Books).Select(_ => (
            new FactorizedAdapter(options.Grid, network.Width), new VqGanHead(network), Blocks.Conv1(network.ZChannels, codes),
            new VectorQuantizer(new LearnedCodebook(options.BookSize, codes, CodebookStart.Uniform) { OnSphere = true })))];
        joined = Blocks.Conv1(options.Books * codes, network.ZChannels);
        decoder = new VqGanDecoder(network);
        predictors = options.WithPredictors ? [.. options.TeacherWidths.Select(width => new TeacherPredictor(codes, options.Grid, width))] : [];

        register_module("encoder", encoder);
        foreach (var (i, (adapter, head, map, quantizer)) in branches.Index())
        {
            register_module($"adapter{i}", adapter);
            register_module($"head{i}", head);
            register_module($"quant_conv{i}", map);
            register_module($"quantize{i}", quantizer);
        }
        register_module("post_quant_conv", joined);
        register_module("decoder", decoder);
        for (var i = 0; i < predictors.Length; i++) register_module($"feat_pred_head{i}", predictors[i]);
    }

    /// <param name="images">[B, 3, 256, 256] in [-1, 1].</param>
    /// <returns>Pictures, not clamped, and codes [B, h, w, k].</returns>
    public override (Tensor Images, Tensor Codes) forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var features = encoder.call(images);
        var made = branches.Select(branch => branch.Quantizer.call(branch.Map.call(branch.Head.call(branch.Adapter.call(features))).permute(0, 2, 3, 1))).ToArray();
        var values = cat([.. made.Select(branch => branch.Values)], -1).permute(0, 3, 1, 2);
        return (decoder.call(joined.call(values)).MoveToOuterDisposeScope(), cat([.. made.Select(branch => branch.Codes)], -1).MoveToOuterDisposeScope());
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Learned positions, a norm, pre-norm blocks with biases throughout, and a norm.</summary>
public abstract class PositionedTransformer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter positions; // [N, w]
    private readonly LayerNorm before, after;
    private readonly TransformerBlock[] blocks;

    private protected PositionedTransformer(int positionCount, int width, int depth, string name) : base(name)
    {
        positions = Table(positionCount, width);
        (before, after) = (nn.LayerNorm(width), nn.LayerNorm(width));
        blocks = [.. Enumerable.Range(0, depth).Select(_ => new TransformerBlock(new(width, FqganOptions.Heads, 4 * width) { QkvBias = true }))];
        register_parameter("positional_embedding", positions);
        register_module("ln_pre", before);
        for (var i = 0; i < blocks.Length; i++) this.Register($"transformer.{i}", blocks[i]);
        register_module("ln_post", after);
    }

    // Rows of a length of about 1.
    private protected static Parameter Table(int rows, int width) => new((randn(rows, width) / Math.Sqrt(width)).DetachFromDisposeScope());

    /// <param name="tokens">[B, N, w].</param>
    /// <returns>[B, N, w].</returns>
    private protected Tensor Through(Tensor tokens)
    {
        var x = before.call(tokens + positions);
        foreach (var block in blocks) x = block.call(x, null);
        return after.call(x);
    }

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>A transformer over the positions of a feature map.</summary>
/// <param name="grid">Positions per side.</param>
/// <param name="width">Channels.</param>
public sealed class FactorizedAdapter(int grid, int width) : PositionedTransformer(grid * grid, width, FqganOptions.AdapterDepth, nameof(FactorizedAdapter))
{
    /// <param name="features">[B, C, h, w].</param>
    /// <returns>[B, C, h, w].</returns>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return Through(features.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(features.shape).MoveToOuterDisposeScope();
    }
}

/// <summary>Guesses a teacher's class token from one book's codes.</summary>
public sealed class TeacherPredictor : PositionedTransformer
{
    private readonly Sequential upscale;
    private readonly Parameter classToken; // [1, w]

    /// <param name="codeDim">Channels of a code.</param>
    /// <param name="grid">Positions per side.</param>
    /// <param name="width">Of the teacher's token.</param>
    public TeacherPredictor(int codeDim, int grid, int width) : base(grid * grid + 1, width, FqganOptions.PredictorDepth, nameof(TeacherPredictor))
    {
        upscale = nn.Sequential(nn.Linear(codeDim, width), nn.ReLU(), nn.Linear(width, width));
        classToken = Table(1, width);
        register_module("upscale", upscale);
        register_parameter("class_embedding", classToken);
    }

    /// <param name="codes">[B, d, h, w].</param>
    /// <returns>[B, width].</returns>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var tokens = upscale.call(codes.flatten(2).transpose(1, 2)); // [B, N, w]
        return Through(cat([classToken.unsqueeze(0).expand(codes.shape[0], -1, -1), tokens], 1)).select(1, 0).MoveToOuterDisposeScope();
    }
}
