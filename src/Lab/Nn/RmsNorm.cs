using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Scales vectors to a root mean square of 1, then each channel by a learned factor.</summary>
/// <remarks>Source: Zhang and Sennrich 2019, equation 4 (arXiv 1910.07467).</remarks>
public sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly Scalar epsilon;
    private readonly Parameter weight;

    /// <param name="dim">Channels.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public RmsNorm(long dim, double epsilon = 1e-5) : base(nameof(RmsNorm))
    {
        this.epsilon = epsilon;
        weight = new Parameter(ones(dim).DetachFromDisposeScope());
        register_parameter("weight", weight);
    }

    /// <param name="x">[..., D].</param>
    /// <returns>[..., D].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (x * ((x * x).mean([-1L], keepdim: true) + epsilon).rsqrt() * weight).MoveToOuterDisposeScope();
    }

    /// <summary>The weight is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
