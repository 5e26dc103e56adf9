using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Multiply-adds of one forward pass.</summary>
/// <param name="Weights">Those with weights: linear layers and convolutions. Papers often quote this number alone.</param>
/// <param name="Products">Those between activations: attention's two matrix products, pooling's weighted sum.</param>
public readonly record struct MacCount(long Weights, long Products)
{
    /// <summary>Both together.</summary>
    public long Total => Weights + Products;

    /// <summary>The sum of two counts.</summary>
    public static MacCount operator +(MacCount a, MacCount b) => new(a.Weights + b.Weights, a.Products + b.Products);
}

/// <summary>A module that multiplies outside of linear layers and convolutions says how much.</summary>
public interface ICountsMacs
{
    /// <summary>What this module itself multiplies, its children not counted.</summary>
    /// <param name="input">Shape of its first input.</param>
    /// <param name="output">Shape of its output.</param>
    MacCount Count(long[] input, long[] output);
}

/// <summary>Counts multiply-adds by running the module once. Norms, activations and additions are not counted.</summary>
public static class MacCounter
{
    /// <summary>The count for one forward pass, in evaluation mode and without gradients.</summary>
    /// <param name="module">From one tensor to another; left in the mode it was in.</param>
    /// <param name="input">One that it takes; a batch of 1 gives the usual figures.</param>
    public static MacCount Count(nn.Module<Tensor, Tensor> module, Tensor input)
    {
        var total = new MacCount();
        ModuleCalls.Observe(module, input, (_, called, inputShape, outputShape) => total += Of(called, inputShape, outputShape));
        return total;
    }

    /// <summary>What a module itself multiplies, its children not counted.</summary>
    internal static MacCount Of(nn.Module module, long[] input, long[] output) => module switch
    {
        ICountsMacs counting => counting.Count(input, output),
        Linear linear => new(Elements(output) * linear.in_features, 0),
        Convolution convolution => new(Elements(output) * convolution.WeightsPerOutput(), 0),
        _ => default,
    };

    private static long Elements(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);

    // [out, in / groups, kernel...]: all weights of one output channel meet at every output.
    private static long WeightsPerOutput(this Convolution convolution)
    {
        using var weight = convolution.get_parameter("weight")!.alias();
        return weight.numel() / weight.shape[0];
    }
}
