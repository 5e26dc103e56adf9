using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>
/// Turns a picture into tokens by convolution, ReLU and max-pooling, once per stage: neighbouring tokens share pixels,
/// so what lies on a patch border is not cut in two, and the order of tokens is felt even without positions.
/// </summary>
/// <remarks>Source: section 3.3, "Convolutional Tokenizer" (arXiv 2104.05704).</remarks>
public sealed class ConvTokenizer : nn.Module<Tensor, Tensor>
{
    private static readonly SlidingWindow pool = new(Kernel: 3, Stride: 2, Padding: 1);
    private readonly Conv2d first;
    private readonly Sequential stages;

    /// <param name="channels">Of the pictures.</param>
    /// <param name="dim">Width of a token.</param>
    /// <param name="kernelSize">Odd; stride and padding follow from it.</param>
    /// <param name="convLayers">Stages; each quarters the number of tokens.</param>
    /// <param name="hiddenChannels">Between the stages.</param>
    public ConvTokenizer(int channels, int dim, int kernelSize, int convLayers, int hiddenChannels) : base(nameof(ConvTokenizer))
    {
        var conv = ConvWindow(kernelSize);
        var convolutions = Enumerable.Range(0, convLayers).Select(stage => Layers.ConvForRelu(
            stage == 0 ? channels : hiddenChannels, stage == convLayers - 1 ? dim : hiddenChannels,
            (conv.Kernel, conv.Kernel), (conv.Stride, conv.Stride), (conv.Padding, conv.Padding))).ToArray();
        first = convolutions[0];
        stages = nn.Sequential(convolutions.Select(Stage));
        this.Register("conv_layers", stages);
    }

    /// <summary>Kernels of the first convolution, [hidden, channels, k, k]; owned by this module.</summary>
    public Tensor Kernels => first.weight;

    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, N, D], in raster order.</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return stages.call(Layers.ChannelsLast(images)).flatten(2).transpose(1, 2).MoveToOuterDisposeScope(); // [B, D, h, w] -> [B, N, D]
    }

    /// <summary>The windows along a side, from pixels to tokens.</summary>
    internal static IReadOnlyList<SlidingWindow> WindowsOf(int kernelSize, int convLayers) =>
        [.. Enumerable.Repeat<SlidingWindow[]>([ConvWindow(kernelSize), pool], convLayers).SelectMany(windows => windows)];

    private static SlidingWindow ConvWindow(int kernelSize) =>
        new(kernelSize, Stride: Math.Max(1, kernelSize / 2 - 1), Padding: Math.Max(1, kernelSize / 2));

    private static Sequential Stage(Conv2d convolution) =>
        nn.Sequential(convolution, nn.ReLU(), nn.MaxPool2d(pool.Kernel, pool.Stride, pool.Padding));

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
