using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>Two normalized 3x3 convolutions beside a skip.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly GroupNorm norm1, norm2;
    private readonly Conv2d conv1, conv2;
    private readonly Conv2d? skip;

    public ResidualBlock(int inputs, int outputs, int groups = TokenizerConfig.Groups, string skipName = "skip") : base(nameof(ResidualBlock))
    {
        norm1 = Blocks.Norm(inputs, groups);
        conv1 = Blocks.Conv3(inputs, outputs);
        norm2 = Blocks.Norm(outputs, groups);
        conv2 = Blocks.Conv3(outputs, outputs);
        (string, nn.Module)[] parts = [("norm1", norm1), ("conv1", conv1), ("norm2", norm2), ("conv2", conv2)];
        foreach (var (name, part) in parts) register_module(name, part);
        if (inputs != outputs) register_module(skipName, skip = Blocks.Conv1(inputs, outputs));
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = conv1.call(nn.functional.silu(norm1.call(x)));
        h = conv2.call(nn.functional.silu(norm2.call(h)));
        return (h + (skip is null ? x : skip.call(x))).MoveToOuterDisposeScope();
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>The layers that encoders and decoders are made of.</summary>
internal static class Blocks
{
    public static GroupNorm Norm(int channels, int groups = TokenizerConfig.Groups) => Layers.GroupNorm(groups, channels, 1e-6);

    public static Conv2d Conv1(int inputs, int outputs) => nn.Conv2d(inputs, outputs, 1);

    public static Conv2d Conv3(int inputs, int outputs) => nn.Conv2d(inputs, outputs, 3, padding: 1);

    /// <summary>Several residual blocks; the first changes the width.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Residual(int inputs, int outputs, int depth) =>
        Enumerable.Range(0, depth).Select(i => new ResidualBlock(i == 0 ? inputs : outputs, outputs));

    /// <summary>Residual block, attention, residual block.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Middle(int channels) =>
        [new ResidualBlock(channels, channels), new SpatialAttention(channels), new ResidualBlock(channels, channels)];

    /// <summary>Norm and activation before the last convolution.</summary>
    public static IEnumerable<nn.Module<Tensor, Tensor>> Head(int channels, nn.Module<Tensor, Tensor> last) => [Norm(channels), nn.SiLU(), last];
}
