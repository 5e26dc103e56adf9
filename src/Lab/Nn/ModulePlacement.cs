using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Puts models where they compute.</summary>
public static class ModulePlacement
{
    /// <summary>
    /// Moves a module to a device. Its weights outlive the dispose scope this is called in, which with TorchSharp's own <c>to</c>
    /// (0.107) the weights of embeddings do not: the module then no longer lists them as parameters, and nothing trains them.
    /// </summary>
    /// <param name="module">Is moved itself, and returned.</param>
    /// <param name="device">Where to.</param>
    public static T OnDevice<T>(this T module, Device device) where T : nn.Module
    {
        module.to(device);
        foreach (var tensor in module.parameters().Concat(module.buffers())) tensor.DetachFromDisposeScope();
        return module;
    }
}
