using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Layers with the initial values that transformer papers give them.</summary>
public static class Layers
{
    /// <summary>A linear layer with weights from a normal distribution and zero bias.</summary>
    /// <param name="inputs">Width before.</param>
    /// <param name="outputs">Width after.</param>
    /// <param name="bias">With a bias.</param>
    /// <param name="std">Standard deviation of the weights, cut off at +-2.</param>
    public static Linear Linear(long inputs, long outputs, bool bias = true, double std = 0.02)
    {
        var linear = nn.Linear(inputs, outputs, hasBias: bias);
        TruncatedNormal(linear.weight, std);
        if (bias) nn.init.zeros_(linear.bias);
        return linear;
    }

    /// <summary>
    /// A table of vectors from a normal distribution. It survives the dispose scope it is made in, as other layers do; of
    /// TorchSharp's own (0.107) the scope takes the weight along, and the module no longer lists it as a parameter.
    /// </summary>
    /// <param name="rows">Vectors.</param>
    /// <param name="dim">Width.</param>
    /// <param name="std">Standard deviation, cut off at +-2.</param>
    internal static Embedding Embedding(long rows, long dim, double std = 0.02)
    {
        var table = nn.Embedding(rows, dim);
        TruncatedNormal(table.weight!, std);
        table.weight!.DetachFromDisposeScope();
        return table;
    }

    /// <summary>Fills with a normal distribution around 0, cut off at +-2. Unlike <c>nn.init.trunc_normal_</c>, which fills with the constant std (TorchSharp 0.107).</summary>
    internal static void TruncatedNormal(Tensor weights, double std)
    {
        using var noGrad = no_grad();
        weights.normal_(0, std).clamp_(-2, 2);
    }

    /// <summary>A convolution without bias, initialised for a ReLU behind it.</summary>
    /// <remarks>Source: He et al. 2015, equation 10 (arXiv 1502.01852).</remarks>
    internal static Conv2d ConvForRelu(long inputs, long outputs, (long Height, long Width) kernel, (long Height, long Width) stride, (long Height, long Width) padding)
    {
        var conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, (1, 1), bias: false);
        nn.init.kaiming_normal_(conv.weight);
        return conv;
    }

    /// <summary>
    /// The same pictures with the channels of a pixel side by side in memory; convolutions and poolings behind keep that order.
    /// libtorch's max-pooling on the CPU is vectorised over channels alone and takes many times longer in the other order.
    /// </summary>
    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, C, H, W], a new tensor unless the order was that already.</returns>
    internal static Tensor ChannelsLast(Tensor images)
    {
        using var scope = NewDisposeScope();
        return images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>Group normalization that starts as the plain normalization: TorchSharp's own leaves scale and shift uninitialised.</summary>
    /// <param name="groups">Groups of channels that share mean and variance.</param>
    /// <param name="channels">A multiple of the groups.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static GroupNorm GroupNorm(long groups, long channels, double epsilon = 1e-5)
    {
        var norm = nn.GroupNorm(groups, channels, epsilon);
        nn.init.ones_(norm.weight);
        nn.init.zeros_(norm.bias);
        return norm;
    }
}
