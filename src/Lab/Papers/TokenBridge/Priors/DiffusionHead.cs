using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>
/// The head that the paper replaces: a small network that moves noise to a latent vector, without any quantization, given
/// the context. Noise and vector are mixed linearly and the network tells the velocity between them.
/// </summary>
/// <remarks>
/// Source: MAR's denoising network, Li et al. 2024, section 3.2 and appendix (arXiv 2406.11838), which is trained to tell the noise
/// of a cosine schedule; here the straight path of Lipman et al. 2022 (arXiv 2210.02747), which small networks sample from more stably.
/// </remarks>
public sealed class DiffusionHead : LatentHead
{
    private const int Draws = 4, Waves = 32; // times of a vector per step, as in MAR; frequencies that tell the time

    private readonly int channels, steps;
    private readonly Linear input, condition, time1, time2, lastModulation, output;
    private readonly LayerNorm lastNorm;
    private readonly DenoisingBlock[] blocks;

    /// <param name="channels">C.</param>
    /// <param name="contextDim">d.</param>
    /// <param name="width">Of the network.</param>
    /// <param name="depth">Blocks.</param>
    /// <param name="steps">From noise to a vector.</param>
    /// <exception cref="ArgumentException">A size below 1.</exception>
    public DiffusionHead(int channels, int contextDim, int width, int depth, int steps) : base(nameof(DiffusionHead))
    {
        if (channels < 1 || width < 1 || depth < 1 || steps < 1) throw new ArgumentException($"Channels, width, depth and steps are at least 1, got {channels}, {width}, {depth} and {steps}.");
        (this.channels, this.steps) = (channels, steps);
        (input, condition, time1, time2) = (Mar.Linear(channels, width), Mar.Linear(contextDim, width), Mar.Linear(2 * Waves, width), Mar.Linear(width, width));
        blocks = [.. Enumerable.Range(0, depth).Select(_ => new DenoisingBlock(width))];
        (lastNorm, lastModulation, output) = (Mar.PlainNorm(width), Mar.Zero(width, 2 * width), Mar.Zero(width, channels));
        this.Register("input_proj", input);
        this.Register("cond_embed", condition);
        this.Register("time_embed.mlp.0", time1);
        this.Register("time_embed.mlp.2", time2);
        foreach (var (layer, block) in blocks.Index()) this.Register($"res_blocks.{layer}", block);
        this.Register("final_layer.norm_final", lastNorm);
        this.Register("final_layer.adaLN_modulation.1", lastModulation);
        this.Register("final_layer.linear", output);
    }

    /// <inheritdoc/>
    /// <remarks>The embedding of the time is the same for all positions and not counted.</remarks>
    public override double FlopsPerPosition
    {
        get
        {
            double w = lastModulation.in_features;
            return 2 * (condition.weight.numel() + steps * (2 * channels * w + 5 * w * w * blocks.Length + 2 * w * w));
        }
    }

    /// <inheritdoc/>
    public override Tensor Seen(Tensor latents) => latents.alias();

    /// <inheritdoc/>
    /// <returns>[N]: squared error of the velocity.</returns>
    public override Tensor forward(Tensor contexts, Tensor latents)
    {
        using var scope = NewDisposeScope();
        var (c, x) = (condition.call(contexts).repeat(Draws, 1), latents.repeat(Draws, 1)); // [4 N, w], [4 N, C]
        var (noise, time) = (randn_like(x), rand([x.shape[0], 1], device: x.device));
        var velocity = Velocity((1 - time) * x + time * noise, time, c);
        return (velocity - (noise - x)).square().mean([1L]).view(Draws, -1).mean([0L]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <param name="contexts">[N, d].</param>
    /// <param name="temperature">Deviation of the noise at the start.</param>
    /// <param name="random">Where chance comes from.</param>
    public override Tensor Sample(Tensor contexts, double temperature, Generator random)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var c = condition.call(contexts);
        var x = temperature * randn([contexts.shape[0], channels], generator: random, device: contexts.device);
        for (var step = 0; step < steps; step++)
        {
            using var moment = NewDisposeScope();
            var time = full([1, 1], 1 - (double)step / steps, ScalarType.Float32, x.device);
            x = (x - Velocity(x, time, c) / steps).MoveToOuterDisposeScope();
        }
        return x.MoveToOuterDisposeScope();
    }

    // x [N, C], time [N, 1] or [1, 1], c [N, w] -> [N, C]
    private Tensor Velocity(Tensor x, Tensor time, Tensor c)
    {
        var angles = time * 1000 * (arange(Waves, device: x.device).to(ScalarType.Float32) * (-Math.Log(10_000) / Waves)).exp();
        var y = nn.functional.silu(c + time2.call(nn.functional.silu(time1.call(cat([angles.cos(), angles.sin()], 1)))));
        var h = input.call(x);
        foreach (var block in blocks) h = block.call(h, y);
        var last = lastModulation.call(y).chunk(2, 1);
        return output.call(Mar.Modulate(lastNorm.call(h), shift: last[0], scale: last[1]));
    }
}

/// <summary>A residual block whose norm and branch are modulated by a condition; the identity at the start.</summary>
internal sealed class DenoisingBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm norm;
    private readonly Linear modulation, mlpIn, mlpOut;

    public DenoisingBlock(int width) : base(nameof(DenoisingBlock))
    {
        (norm, modulation, mlpIn, mlpOut) = (Mar.Norm(width), Mar.Zero(width, 3 * width), Mar.Linear(width, width), Mar.Linear(width, width));
        this.Register("in_ln", norm);
        this.Register("mlp.0", mlpIn);
        this.Register("mlp.2", mlpOut);
        this.Register("adaLN_modulation.1", modulation);
    }

    /// <param name="x">[N, w].</param>
    /// <param name="condition">[N, w], activated.</param>
    public override Tensor forward(Tensor x, Tensor condition)
    {
        using var scope = NewDisposeScope();
        var m = modulation.call(condition).chunk(3, 1);
        var h = Mar.Modulate(norm.call(x), shift: m[0], scale: m[1]);
        return (x + m[2] * mlpOut.call(nn.functional.silu(mlpIn.call(h)))).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
