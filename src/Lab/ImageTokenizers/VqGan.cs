using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>Sizes of the VQGAN networks that papers use on pictures of 256 pixels; the lab's own small ones are a <see cref="TokenizerConfig"/>.</summary>
/// <param name="Multipliers">Channels of every level, in units of <paramref name="Channels"/>; each level after the first halves the picture.</param>
/// <param name="Channels">Of the first level.</param>
/// <param name="Depth">Residual blocks of an encoder's level; a decoder's has one more.</param>
/// <param name="ZChannels">Channels between the networks and the maps that lead to codes and back.</param>
public sealed record VqGanOptions(IReadOnlyList<int> Multipliers, int Channels = 128, int Depth = 2, int ZChannels = 256)
{
    internal const int Groups = 32;

    /// <summary>Tokens of 16x16 pixels.</summary>
    public static VqGanOptions Factor16 { get; } = new([1, 1, 2, 2, 4]);

    /// <summary>Tokens of 8x8 pixels.</summary>
    public static VqGanOptions Factor8 { get; } = new([1, 2, 2, 4]);

    /// <summary>Pixels per side of a token.</summary>
    public int Factor => 1 << (Multipliers.Count - 1);

    /// <summary>Channels of the deepest level.</summary>
    public int Width => Channels * Multipliers[^1];
}

/// <summary>Layers one behind the other, by the names of the reference.</summary>
public abstract class VqGanNetwork : nn.Module<Tensor, Tensor>
{
    private readonly List<nn.Module<Tensor, Tensor>> layers = [];

    private protected VqGanNetwork(string name) : base(name) { }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in layers) x = layer.call(x);
        return x.MoveToOuterDisposeScope();
    }

    private protected void Add(string name, nn.Module<Tensor, Tensor> layer, nn.Module<Tensor, Tensor>? before = null)
    {
        if (before is not null) layers.Add(before);
        layers.Add(layer);
        this.Register(name, layer);
    }

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>
/// From pictures [B, 3, S, S] in [-1, 1] to the features of the deepest level [B, width, S / F, S / F]: levels of residual blocks, attention in the
/// deepest, and a middle.
/// </summary>
/// <remarks>Source: Esser et al. 2021 (arXiv 2012.09841). Names of weights are those of github.com/FoundationVision/LlamaGen.</remarks>
public sealed class VqGanEncoder : VqGanNetwork
{
    /// <param name="options">Sizes.</param>
    public VqGanEncoder(VqGanOptions options) : base(nameof(VqGanEncoder))
    {
        var (levels, width) = (options.Multipliers.Count, options.Channels);
        Add("conv_in", Blocks.Conv3(3, width));
        for (var level = 0; level < levels; level++)
        {
            for (var i = 0; i < options.Depth; i++)
            {
                Add($"conv_blocks.{level}.res.{i}", VqGanBlocks.Residual(width, width = options.Channels * options.Multipliers[level]));
                if (level == levels - 1) Add($"conv_blocks.{level}.attn.{i}", VqGanBlocks.Attention(width));
            }
            if (level < levels - 1) Add($"conv_blocks.{level}.downsample.conv", nn.Conv2d(width, width, 3, stride: 2), nn.ZeroPad2d((0, 1, 0, 1)));
        }
        foreach (var (i, layer) in VqGanBlocks.Middle(width).Index()) Add($"mid.{i}", layer);
    }
}

/// <summary>From latents [B, z, h, w] to pictures [B, 3, F h, F w], not clamped: the <see cref="VqGanEncoder"/> in reverse with one residual block more per level.</summary>
/// <remarks>Source: Esser et al. 2021 (arXiv 2012.09841). Names of weights are those of github.com/FoundationVision/LlamaGen.</remarks>
public sealed class VqGanDecoder : VqGanNetwork
{
    /// <param name="options">Sizes.</param>
    public VqGanDecoder(VqGanOptions options) : base(nameof(VqGanDecoder))
    {
        var (levels, width) = (options.Multipliers.Count, options.Width);
        Add("conv_in", Blocks.Conv3(options.ZChannels, width));
        foreach (var (i, layer) in VqGanBlocks.Middle(width).Index()) Add($"mid.{i}", layer);
        for (var level = levels - 1; level >= 0; level--)
        {
            var block = levels - 1 - level;
            for (var i = 0; i <= options.Depth; i++)
            {
                Add($"conv_blocks.{block}.res.{i}", VqGanBlocks.Residual(width, width = options.Channels * options.Multipliers[level]));
                if (level == levels - 1) Add($"conv_blocks.{block}.attn.{i}", VqGanBlocks.Attention(width));
            }
            if (level > 0) Add($"conv_blocks.{block}.upsample.conv", Blocks.Conv3(width, width), nn.Upsample(scale_factor: [2, 2], mode: UpsampleMode.Nearest));
        }
        Add("norm_out", Blocks.Norm(width, VqGanOptions.Groups));
        Add("conv_out", Blocks.Conv3(width, 3), nn.SiLU());
    }
}

/// <summary>Norm, activation and convolution behind a <see cref="VqGanEncoder"/>, or behind what adapts its features.</summary>
public sealed class VqGanHead : nn.Module<Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly Conv2d conv;

    /// <param name="options">Sizes.</param>
    public VqGanHead(VqGanOptions options) : base(nameof(VqGanHead))
    {
        norm = Blocks.Norm(options.Width, VqGanOptions.Groups);
        conv = Blocks.Conv3(options.Width, options.ZChannels);
        RegisterComponents();
    }

    /// <param name="features">[B, <see cref="VqGanOptions.Width"/>, h, w].</param>
    /// <returns>[B, <see cref="VqGanOptions.ZChannels"/>, h, w].</returns>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return conv.call(nn.functional.silu(norm.call(features))).MoveToOuterDisposeScope();
    }
}

internal static class VqGanBlocks
{
    public static nn.Module<Tensor, Tensor> Residual(int inputs, int outputs) => new ResidualBlock(inputs, outputs, VqGanOptions.Groups, "nin_shortcut");

    public static nn.Module<Tensor, Tensor> Attention(int width) => new SpatialAttention(width, VqGanOptions.Groups);

    public static IEnumerable<nn.Module<Tensor, Tensor>> Middle(int width) => [Residual(width, width), Attention(width), Residual(width, width)];
}
