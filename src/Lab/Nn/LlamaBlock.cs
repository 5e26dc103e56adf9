using Lab.Metrics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Causal attention and a gated MLP, both without biases and behind an RMS norm; places are told by turning queries and keys.</summary>
/// <remarks>
/// Source: Touvron et al. 2023, section 2.2 (arXiv 2302.13971). Names of weights are those of github.com/FoundationVision/LlamaGen.
/// </remarks>
public sealed class LlamaBlock : nn.Module<Tensor, Tensor, Tensor>, ICountsMacs
{
    private const int HiddenMultiple = 256;

    private readonly int heads;
    private readonly RmsNorm attentionNorm, mlpNorm;
    private readonly Linear qkv, output, gate, up, down;

    /// <param name="dim">Width.</param>
    /// <param name="heads">A divisor of the width.</param>
    /// <exception cref="ArgumentException">Heads that do not divide the width.</exception>
    public LlamaBlock(int dim, int heads) : base(nameof(LlamaBlock))
    {
        if (heads < 1 || dim % heads != 0) throw new ArgumentException($"{heads} heads do not divide a width of {dim}.", nameof(heads));
        this.heads = heads;
        (attentionNorm, mlpNorm) = (new RmsNorm(dim), new RmsNorm(dim));
        (qkv, output) = (Layers.Linear(dim, 3 * dim, bias: false), Layers.Linear(dim, dim, bias: false));
        var hidden = Hidden(dim);
        (gate, up, down) = (Layers.Linear(dim, hidden, bias: false), Layers.Linear(dim, hidden, bias: false), Layers.Linear(hidden, dim, bias: false));
        (string, nn.Module)[] parts =
        [
            ("attention_norm", attentionNorm), ("attention.wqkv", qkv), ("attention.wo", output),
            ("ffn_norm", mlpNorm), ("feed_forward.w1", gate), ("feed_forward.w3", up), ("feed_forward.w2", down),
        ];
        foreach (var (name, part) in parts) this.Register(name, part);
    }

    /// <summary>Width of the MLP: two thirds of four times the width, up to the next multiple of 256.</summary>
    /// <param name="dim">Width.</param>
    public static int Hidden(int dim) => (4 * dim * 2 / 3 + HiddenMultiple - 1) / HiddenMultiple * HiddenMultiple;

    /// <param name="x">[B, N, D].</param>
    /// <param name="turns">[N, d / 2, 2] of <see cref="RotaryGrid"/>, d the width of a head.</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor x, Tensor turns)
    {
        using var scope = NewDisposeScope();
        x = x + Attend(attentionNorm.call(x), turns);
        var h = mlpNorm.call(x);
        return (x + down.call(nn.functional.silu(gate.call(h)) * up.call(h))).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor x, Tensor turns)
    {
        var parts = qkv.call(x).view(x.shape[0], x.shape[1], 3, heads, -1); // [B, N, 3, h, d]
        var (q, k, v) = (RotaryGrid.Turn(parts.select(2, 0), turns), RotaryGrid.Turn(parts.select(2, 1), turns), parts.select(2, 2));
        var mixed = nn.functional.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_casual: true);
        return output.call(mixed.transpose(1, 2).flatten(2));
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output) => new(0, 2 * input[0] * input[1] * input[1] * input[2]);

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>Rotary positions on a grid: one half of a head's channels is turned by the row, the other by the column.</summary>
/// <remarks>Source: as in github.com/FoundationVision/LlamaGen, neighbouring channels paired.</remarks>
public static class RotaryGrid
{
    private const double Base = 10_000;

    /// <summary>Cosines and sines of all places of a square grid in raster order, behind places that are not turned.</summary>
    /// <param name="side">Places per side.</param>
    /// <param name="headDim">Channels of a head, a multiple of 4.</param>
    /// <param name="unturned">Places before the grid, e.g. of a class; the reference code gives them cosine and sine 0, which erases their queries and keys.</param>
    /// <returns>[unturned + side^2, headDim / 2, 2].</returns>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public static Tensor Turns(int side, int headDim, int unturned = 1)
    {
        if (headDim < 4 || headDim % 4 != 0) throw new ArgumentException($"Rows and columns turn pairs of channels: a head's width must be a multiple of 4, got {headDim}.", nameof(headDim));
        if (side < 1 || unturned < 0) throw new ArgumentException($"A grid has at least 1 place per side, and no fewer than 0 before it; got {side} and {unturned}.", nameof(side));
        using var scope = NewDisposeScope();
        var quarter = headDim / 4;
        var frequencies = (arange(quarter).to(ScalarType.Float32) * (-Math.Log(Base) / quarter)).exp();
        var angles = arange(side).to(ScalarType.Float32).unsqueeze(1) * frequencies; // [side, d / 4]
        var grid = cat([angles.unsqueeze(1).expand(-1, side, -1), angles.unsqueeze(0).expand(side, -1, -1)], -1).flatten(0, 1); // [side^2, d / 2]
        var all = cat([zeros(unturned, 2 * quarter), grid]);
        return stack([all.cos(), all.sin()], -1).MoveToOuterDisposeScope();
    }

    /// <param name="heads">[B, N, h, d].</param>
    /// <param name="turns">[N, d / 2, 2], or [B, N, d / 2, 2] where sequences differ in their places.</param>
    internal static Tensor Turn(Tensor heads, Tensor turns)
    {
        // A pair of channels is a complex number, and a turn is its product with one; there is no such type of half precision.
        var pairs = heads.view([.. heads.shape[..^1], heads.shape[^1] / 2, 2]).to(ScalarType.Float32).view_as_complex(); // [B, N, h, d / 2]
        return (pairs * turns.view_as_complex().unsqueeze(-2)).view_as_real().flatten(-2);
    }
}
