using Lab.Metrics;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>Layers of MAR, the masked autoregressive model that the paper starts from, with its initial values and names of weights.</summary>
/// <remarks>Source: Li et al. 2024 (arXiv 2406.11838); github.com/YuqingWang1029/TokenBridge, <c>models/tokenbridge.py</c>.</remarks>
internal static class Mar
{
    public const double Epsilon = 1e-6, Std = 0.02;

    /// <summary>Uniform weights after Glorot, no bias at first.</summary>
    public static Linear Linear(long inputs, long outputs)
    {
        var linear = nn.Linear(inputs, outputs);
        nn.init.xavier_uniform_(linear.weight);
        nn.init.zeros_(linear.bias);
        return linear;
    }

    /// <summary>All zeros: what it modulates starts as the identity.</summary>
    public static Linear Zero(long inputs, long outputs)
    {
        var linear = nn.Linear(inputs, outputs);
        nn.init.zeros_(linear.weight);
        nn.init.zeros_(linear.bias);
        return linear;
    }

    /// <summary>Normalization with scale and shift.</summary>
    public static LayerNorm Norm(long dim) => nn.LayerNorm(dim, Epsilon);

    /// <summary>Normalization alone.</summary>
    public static LayerNorm PlainNorm(long dim) => nn.LayerNorm(dim, Epsilon, elementwise_affine: false);

    /// <summary>A table of vectors that are added.</summary>
    public static Parameter Table(params long[] shape)
    {
        using var noGrad = no_grad();
        return new Parameter(empty(shape).normal_(0, Std).DetachFromDisposeScope());
    }

    /// <summary>Scale and shift that depend on a condition.</summary>
    public static Tensor Modulate(Tensor x, Tensor shift, Tensor scale) => x * (1 + scale) + shift;
}

/// <summary>Self-attention with biases throughout.</summary>
internal sealed class MarAttention : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly int heads;
    private readonly bool causal;
    private readonly double dropout;
    private readonly Linear qkv, projection;
    private readonly LayerNorm? qNorm, kNorm;

    /// <param name="dim">Width.</param>
    /// <param name="heads">A divisor of the width.</param>
    /// <param name="dropout">On the map and on the output, while training.</param>
    /// <param name="causal">Tokens see those before them alone, and queries and keys are normalized.</param>
    /// <exception cref="ArgumentException">Heads that do not divide the width.</exception>
    public MarAttention(int dim, int heads, double dropout, bool causal = false) : base(nameof(MarAttention))
    {
        if (heads < 1 || dim % heads != 0) throw new ArgumentException($"{heads} heads do not divide a width of {dim}.", nameof(heads));
        (this.heads, this.dropout, this.causal) = (heads, dropout, causal);
        (qkv, projection) = (Mar.Linear(dim, 3 * dim), Mar.Linear(dim, dim));
        this.Register("qkv", qkv);
        this.Register("proj", projection);
        if (!causal) return;
        (qNorm, kNorm) = (Mar.Norm(dim / heads), Mar.Norm(dim / heads));
        this.Register("q_norm", qNorm);
        this.Register("k_norm", kNorm);
    }

    /// <param name="tokens">[B, N, D].</param>
    public override Tensor forward(Tensor tokens) => Attend(tokens, cache: null, layer: 0);

    /// <param name="tokens">[B, n, D], behind those in the cache.</param>
    /// <param name="cache">Tokens before; null: none.</param>
    /// <param name="layer">Block.</param>
    public Tensor Attend(Tensor tokens, KeyValueCache? cache, int layer)
    {
        using var scope = NewDisposeScope();
        var parts = qkv.call(tokens).view(tokens.shape[0], tokens.shape[1], 3, heads, -1).permute(2, 0, 3, 1, 4); // [3, B, h, n, d]
        var (q, k, v) = (parts[0], parts[1], parts[2]);
        if (qNorm is not null) (q, k) = (qNorm.call(q), kNorm!.call(k));
        if (cache is not null) (k, v) = cache.Append(layer, k, v); // one new token, which looks at all others: no mask
        var mixed = nn.functional.scaled_dot_product_attention(q, k, v, p: training ? dropout : 0, is_casual: causal && cache is null);
        return nn.functional.dropout(projection.call(mixed.transpose(1, 2).flatten(2)), dropout, training).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output) => new(0, 2 * input[0] * input[1] * input[1] * input[2]);

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>A layer of MAR's encoder and decoder: pre-norm attention and MLP, every token seeing every other.</summary>
internal sealed class MarBlock : nn.Module<Tensor, Tensor>
{
    private readonly double dropout;
    private readonly LayerNorm attentionNorm, mlpNorm;
    private readonly MarAttention attention;
    private readonly Linear mlpIn, mlpOut;

    public MarBlock(int dim, int heads, double dropout) : base(nameof(MarBlock))
    {
        this.dropout = dropout;
        (attentionNorm, mlpNorm) = (Mar.Norm(dim), Mar.Norm(dim));
        attention = new MarAttention(dim, heads, dropout);
        (mlpIn, mlpOut) = (Mar.Linear(dim, 4 * dim), Mar.Linear(4 * dim, dim));
        this.Register("norm1", attentionNorm);
        this.Register("attn", attention);
        this.Register("norm2", mlpNorm);
        this.Register("mlp.fc1", mlpIn);
        this.Register("mlp.fc2", mlpOut);
    }

    /// <param name="x">[B, N, D].</param>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x + attention.call(attentionNorm.call(x));
        var hidden = nn.functional.dropout(nn.functional.gelu(mlpIn.call(mlpNorm.call(x))), dropout, training);
        return (x + nn.functional.dropout(mlpOut.call(hidden), dropout, training)).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
