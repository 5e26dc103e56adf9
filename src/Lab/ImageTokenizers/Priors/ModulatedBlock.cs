using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>
/// A transformer block whose norms and branches are modulated by a condition, one for all positions. The modulation starts at zero, and so the block as the identity.
/// </summary>
/// <remarks>Source: DiT, Peebles and Xie 2022, section 3.2, adaLN-zero (arXiv 2212.09748).</remarks>
internal sealed class ModulatedBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm attentionNorm, mlpNorm;
    private readonly MultiHeadAttention attention;
    private readonly Linear mlpIn, mlpOut, modulation;

    public ModulatedBlock(int dim, int heads) : base(nameof(ModulatedBlock))
    {
        (attentionNorm, mlpNorm) = (PlainNorm(dim), PlainNorm(dim));
        attention = new MultiHeadAttention(dim, heads, qkvBias: true);
        (mlpIn, mlpOut, modulation) = (Layers.Linear(dim, 4 * dim), Layers.Linear(4 * dim, dim), Zero(dim, 6 * dim));
        register_module("attention", attention);
        register_module("mlp_in", mlpIn);
        register_module("mlp_out", mlpOut);
        register_module("modulation", modulation);
    }

    /// <summary>Normalization alone.</summary>
    public static LayerNorm PlainNorm(int dim) => nn.LayerNorm(dim, 1e-6, elementwise_affine: false);

    /// <summary>A linear layer that gives zeros at the start.</summary>
    public static Linear Zero(int inputs, int outputs)
    {
        var linear = nn.Linear(inputs, outputs);
        nn.init.zeros_(linear.weight);
        nn.init.zeros_(linear.bias);
        return linear;
    }

    /// <summary>Scale and shift of normalized vectors.</summary>
    public static Tensor Modulate(Tensor x, Tensor shift, Tensor scale) => x * (1 + scale) + shift;

    /// <param name="x">[B, N, D].</param>
    /// <param name="condition">[B, D], activated.</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor x, Tensor condition)
    {
        using var scope = NewDisposeScope();
        var m = modulation.call(condition).unsqueeze(1).chunk(6, -1); // each [B, 1, D]
        x = x + m[2] * attention.call(Modulate(attentionNorm.call(x), shift: m[0], scale: m[1]), null);
        var hidden = mlpIn.call(Modulate(mlpNorm.call(x), shift: m[3], scale: m[4]));
        return (x + m[5] * mlpOut.call(nn.functional.gelu(hidden))).MoveToOuterDisposeScope();
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
