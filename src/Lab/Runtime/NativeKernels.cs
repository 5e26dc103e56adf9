using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>
/// Turns oneDNN, which computes libtorch's convolutions, off where it gives wrong gradients. Version 3.7.1 in libtorch 2.10 does so, without a word, in virtual machines
/// that hide their processor's caches (seen on an AMD EPYC): of the input of a convolution with a kernel above 1 x 1 whose output channels do not fill its blocks of 8 or
/// 16, nearly all numbers are wrong and some not even finite. libtorch's own convolutions are right, and up to three times slower: <c>LAB_ONEDNN=1</c> keeps oneDNN on for
/// models whose convolutions all have a multiple of 16 output channels.
/// </summary>
internal static class NativeKernels
{
    private const int Channels = 64, Odd = 12, Even = 16; // output channels that fill no block, and with those added that are zero

    /// <summary>Acts on Linux, once libtorch is loaded.</summary>
    /// <returns>Whether oneDNN is off now.</returns>
    public static bool AvoidWrongGradients()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("LAB_ONEDNN") == "1" || GradientsAreRight()) return false;
        var libtorch = NativeLibrary.Load("libtorch_cpu.so");
        var context = Marshal.GetDelegateForFunctionPointer<GlobalContext>(NativeLibrary.GetExport(libtorch, "_ZN2at13globalContextEv"))();
        foreach (var setting in new[] { "_ZN2at7Context20setUserEnabledMkldnnEb", "_ZN2at7Context20setUserEnabledNNPACKEb" }) // NNPACK would warn at every call that it does not know the processor
            Marshal.GetDelegateForFunctionPointer<SetEnabled>(NativeLibrary.GetExport(libtorch, setting))(context, 0);
        return true;
    }

    // The same gradient by output channels that do not fill a block and by such that do.
    internal static bool GradientsAreRight()
    {
        using var scope = NewDisposeScope();
        var weight = arange(Odd * Channels * 9, dtype: float32).sin().view(Odd, Channels, 3, 3);
        var pull = arange(2 * Odd * 64, dtype: float32).cos().view(2, Odd, 8, 8);
        var (odd, even) = (Gradient(weight, pull), Gradient(Filled(weight, 0), Filled(pull, 1)));
        return odd.allclose(even, 1e-3, 1e-3);
    }

    private static Tensor Gradient(Tensor weight, Tensor pull)
    {
        using var input = zeros(2, Channels, 8, 8).requires_grad_();
        nn.functional.conv2d(input, weight, padding: [1, 1]).backward([pull]);
        return input.grad!;
    }

    private static Tensor Filled(Tensor tensor, int dim)
    {
        long[] shape = [.. tensor.shape];
        shape[dim] = Even - Odd;
        return cat([tensor, zeros(shape)], dim);
    }

    private delegate nint GlobalContext();

    private delegate void SetEnabled(nint context, byte enabled);
}
