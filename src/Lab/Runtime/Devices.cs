using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>Chooses where tensors live.</summary>
public static class Devices
{
    /// <summary>The device that a name stands for.</summary>
    /// <param name="name"><c>auto</c> (the first CUDA device if there is one, else the CPU), <c>cpu</c>, <c>cuda</c> or <c>cuda:n</c>.</param>
    /// <exception cref="ArgumentException">Another name.</exception>
    /// <exception cref="PlatformNotSupportedException">CUDA was asked for, but this libtorch or this machine has none, or fewer devices.</exception>
    public static Device Choose(string name = "auto")
    {
        if (name == "cpu") return CPU;
        if (name == "auto") return cuda.is_available() ? new Device(DeviceType.CUDA, 0) : CPU;

        var index = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name[5..], out index) && index >= 0))
            throw new ArgumentException($"'{name}' is no device. Known are auto, cpu, cuda and cuda:n.", nameof(name));

        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index < count) return new Device(DeviceType.CUDA, index);
        throw new PlatformNotSupportedException(count == 0
            ? $"'{name}' was asked for, but this libtorch sees no CUDA device ({NativeTorch.Source}). Use auto or cpu, build with -p:Cuda=true, or set LAB_LIBTORCH to a libtorch with CUDA."
            : $"'{name}' was asked for, but there are {count} CUDA devices, numbered from 0.");
    }
}
