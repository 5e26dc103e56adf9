using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>From the encoder's space to that of the words.</summary>
/// <remarks>Source: the two-layer projector of Liu et al. 2024, section 3 (arXiv 2310.03744).</remarks>
public sealed class Projector : nn.Module<Tensor, Tensor>
{
    private readonly Linear first, second;

    /// <param name="options">Sizes.</param>
    public Projector(TinyVlmOptions options) : base(nameof(Projector))
    {
        first = Layers.Linear(options.VisionDim, options.Dim, std: 1 / Math.Sqrt(options.VisionDim));
        second = Layers.Linear(options.Dim, options.Dim, bias: false, std: 1 / Math.Sqrt(options.Dim));
        register_module("first", first);
        register_module("second", second);
    }

    /// <param name="features">[..., dv].</param>
    /// <returns>[..., d].</returns>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        return second.call(nn.functional.gelu(first.call(features))).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
