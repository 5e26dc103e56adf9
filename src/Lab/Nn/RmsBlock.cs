using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>What passed through a block. The tensors are part of the autograd graph; the caller's dispose scope owns them.</summary>
/// <param name="Attention">[B, h, N, N]; rows sum to 1.</param>
/// <param name="AttentionInput">[B, N, D], normalized.</param>
/// <param name="AttentionOutput">[B, N, D], before it is added to the residual stream.</param>
/// <param name="MlpInput">[B, N, D], normalized.</param>
/// <param name="MlpOutput">[B, N, D], before it is added to the residual stream.</param>
/// <param name="Output">[B, N, D].</param>
public sealed record BlockTaps(Tensor Attention, Tensor AttentionInput, Tensor AttentionOutput, Tensor MlpInput, Tensor MlpOutput, Tensor Output);

/// <summary>
/// Attention and an MLP with GELU, each behind an RMS norm and without biases. Everything that passes through can be looked
/// at, and the attention is computed the same way whether it is or not.
/// </summary>
public sealed class RmsBlock : nn.Module<Tensor, Tensor?, Tensor?, Tensor>
{
    private readonly int heads;
    private readonly Scalar scale; // 1 / sqrt d, d the width of a head
    private readonly RmsNorm attentionNorm, mlpNorm;
    private readonly Linear qkv, output, up, down;

    /// <param name="dim">Width.</param>
    /// <param name="heads">A divisor of the width.</param>
    /// <param name="depth">Blocks in the stack: each adds less to the residual stream where there are many.</param>
    /// <exception cref="ArgumentException">Heads that do not divide the width.</exception>
    public RmsBlock(int dim, int heads, int depth) : base(nameof(RmsBlock))
    {
        if (heads < 1 || dim % heads != 0) throw new ArgumentException($"{heads} heads do not divide a width of {dim}.", nameof(heads));
        (this.heads, scale) = (heads, 1 / Math.Sqrt(dim / heads));
        var (std, residual) = (1 / Math.Sqrt(dim), 1 / Math.Sqrt(2 * depth));
        (attentionNorm, mlpNorm) = (new RmsNorm(dim), new RmsNorm(dim));
        qkv = Layers.Linear(dim, 3 * dim, bias: false, std);
        MatchContent(dim);
        output = Layers.Linear(dim, dim, bias: false, std * residual);
        up = Layers.Linear(dim, 4 * dim, bias: false, std);
        down = Layers.Linear(4 * dim, dim, bias: false, std / 2 * residual / 2);
        (string, nn.Module)[] parts =
            [("attention_norm", attentionNorm), ("attention.qkv", qkv), ("attention.output", output), ("mlp_norm", mlpNorm), ("mlp.up", up), ("mlp.down", down)];
        foreach (var (name, part) in parts) this.Register(name, part);
    }

    /// <param name="x">[B, N, D].</param>
    /// <param name="turns">[N, d / 2, 2] or [B, N, d / 2, 2] of <see cref="RotaryLine"/>, d the width of a head; null: places are not told.</param>
    /// <param name="bias">Added to the attention's logits, [N, N] or [B, 1, N, N]: minus infinity where a token (row) must not look (column); null: all look at all.</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor x, Tensor? turns, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        return Tap(x, turns, bias).Output.MoveToOuterDisposeScope();
    }

    /// <summary>The same, and all that passes through.</summary>
    public BlockTaps Tap(Tensor x, Tensor? turns, Tensor? bias)
    {
        var y = attentionNorm.call(x);
        var (q, k, v) = Project(y, turns);
        var attention = Attend(q, k, bias);
        var o = output.call(attention.matmul(v).transpose(1, 2).flatten(2)); // [B, h, N, d] -> [B, N, D]
        var u = x + o;
        var z = mlpNorm.call(u);
        var f = Feed(z);
        return new(attention, y, o, z, f, u + f);
    }

    /// <summary>What becomes of some tokens; the others are only looked at, which is what a last block is for.</summary>
    /// <param name="x">[B, N, D].</param>
    /// <param name="turns">As in <see cref="forward"/>.</param>
    /// <param name="bias">As in <see cref="forward"/>.</param>
    /// <param name="which">[R] int64.</param>
    /// <returns>[B, R, D], rows of the output of <see cref="forward"/>.</returns>
    public Tensor At(Tensor x, Tensor? turns, Tensor? bias, Tensor which)
    {
        using var scope = NewDisposeScope();
        var (batch, count, dim, y) = (x.shape[0], x.shape[1], x.shape[2], attentionNorm.call(x));
        var weights = qkv.weight.split([dim, 2 * dim], 0); // of queries; of keys and values
        var q = y.index_select(1, which).matmul(weights[0].t()).view(batch, which.shape[0], heads, -1); // [B, R, h, d]
        var others = y.matmul(weights[1].t()).view(batch, count, 2 * heads, -1).chunk(2, 2);
        var (k, v) = (others[0], others[1]);
        if (turns is not null) (q, k) = (RotaryGrid.Turn(q, turns.index_select(-3, which)), RotaryGrid.Turn(k, turns));
        var mixed = Attend(q.transpose(1, 2), k.transpose(1, 2), bias?.index_select(-2, which)).matmul(v.transpose(1, 2));
        var u = x.index_select(1, which) + output.call(mixed.transpose(1, 2).flatten(2));
        return (u + Feed(mlpNorm.call(u))).MoveToOuterDisposeScope();
    }

    /// <summary>The attention alone that this block would pay.</summary>
    /// <returns>[B, h, N, N].</returns>
    public Tensor Attention(Tensor x, Tensor? turns, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var (q, k, _) = Project(attentionNorm.call(x), turns);
        return Attend(q, k, bias).MoveToOuterDisposeScope();
    }

    // Keys start as a copy of the queries: tokens look at tokens like themselves from the first step on.
    private void MatchContent(int dim)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        qkv.weight.narrow(0, dim, dim).copy_(qkv.weight.narrow(0, 0, dim));
    }

    private (Tensor Q, Tensor K, Tensor V) Project(Tensor y, Tensor? turns)
    {
        var (batch, count, dim) = (y.shape[0], y.shape[1], y.shape[2]);
        var parts = qkv.call(y).split([2 * dim, dim], -1);
        var turned = parts[0].view(batch, count, 2 * heads, -1); // queries, then keys
        if (turns is not null) turned = RotaryGrid.Turn(turned, turns);
        var both = turned.transpose(1, 2).chunk(2, 1); // [B, h, N, d] each
        return (both[0], both[1], parts[1].view(batch, count, heads, -1).transpose(1, 2));
    }

    private Tensor Feed(Tensor normalized) => down.call(nn.functional.gelu(up.call(normalized)));

    private Tensor Attend(Tensor q, Tensor k, Tensor? bias)
    {
        var scores = (q * scale).matmul(k.transpose(-2, -1)); // [B, h, N, N]
        return (bias is null ? scores : scores.add_(bias)).softmax(-1);
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
