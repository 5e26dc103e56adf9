using Lab.Metrics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Self-attention in which a token looks at itself and at those before it, or at its whole block and those before that; with biases throughout.</summary>
/// <remarks>Source: Radford et al. 2019; rotary positions: Su et al. 2021, section 3.4.2 (arXiv 2104.09864), halves instead of neighbours paired.</remarks>
internal sealed class CausalAttention : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly DecoderOptions options;
    private readonly int layer, block;
    private readonly Linear qkv, projection;

    /// <param name="options">Sizes.</param>
    /// <param name="layer">Which of a cache's layers is its own.</param>
    /// <param name="block">Neighbours that see each other; 1: none, a token sees the past alone.</param>
    public CausalAttention(DecoderOptions options, int layer, int block = 1) : base(nameof(CausalAttention))
    {
        if (options.Heads < 1 || options.Dim % options.Heads != 0)
            throw new ArgumentException($"{options.Heads} heads do not divide a width of {options.Dim}.", nameof(options));
        (this.options, this.layer, this.block) = (options, layer, block);
        qkv = Layers.Linear(options.Dim, 3 * options.Dim);
        projection = Layers.Linear(options.Dim, options.Dim, std: DecoderBlock.ResidualStd(options));
        this.Register("c_attn", qkv);
        this.Register("c_proj", projection);
    }

    /// <param name="tokens">[B, N, D].</param>
    public override Tensor forward(Tensor tokens) => Attend(tokens, cache: null);

    /// <param name="tokens">[B, n, D], behind those in the cache.</param>
    /// <param name="cache">Tokens before; null: none.</param>
    public Tensor Attend(Tensor tokens, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var past = (long)(cache?.Length ?? 0);
        var (q, k, v) = Heads(qkv.call(tokens));
        if (options.Position == DecoderPosition.Rotary) (q, k) = (Rotate(q, past), Rotate(k, past));
        if (cache is not null) (k, v) = cache.Append(layer, k, v);
        return projection.call(Mix(q, k, v)).MoveToOuterDisposeScope();
    }

    /// <summary>Attention within sequences of several lengths.</summary>
    /// <param name="rows">[U, D].</param>
    /// <param name="packing">Which rows belong together.</param>
    /// <returns>[U, D].</returns>
    public Tensor Attend(Tensor rows, Packing packing)
    {
        using var scope = NewDisposeScope();
        return projection.call(Packing.Rows(packing.Split(qkv.call(rows)).Select(sequences =>
        {
            var (q, k, v) = Heads(sequences);
            if (options.Position == DecoderPosition.Rotary) (q, k) = (Rotate(q, 0), Rotate(k, 0));
            return Mix(q, k, v);
        }))).MoveToOuterDisposeScope();
    }

    // Queries of the last n of N tokens, [B, h, n, d], keys and values of all, [B, h, N, d] -> [B, n, D]
    private Tensor Mix(Tensor q, Tensor k, Tensor v)
    {
        var (count, past) = (q.shape[2], k.shape[2] - q.shape[2]);
        var lower = past == 0 && block == 1; // the library's own mask is the fastest
        var mask = count <= block || lower ? null : Mask(count, past, q.device); // a single new block looks at everything
        return nn.functional.scaled_dot_product_attention(q, k, v, mask, is_casual: lower && count > 1).transpose(1, 2).flatten(2);
    }

    // [n, N] bool: a token looks at its own block and at those before it.
    private Tensor Mask(long count, long past, Device device)
    {
        var blocks = arange(past + count, device: device).div(block, RoundingMode.floor); // [N]
        return blocks.narrow(0, past, count).unsqueeze(1) >= blocks;
    }

    // [B, n, 3 D] -> three of [B, h, n, d]
    private (Tensor Q, Tensor K, Tensor V) Heads(Tensor parts)
    {
        parts = parts.view(parts.shape[0], parts.shape[1], 3, options.Heads, -1).permute(2, 0, 3, 1, 4); // [3, B, h, n, d]
        return (parts[0], parts[1], parts[2]);
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output) => new(0, 2 * input[0] * input[1] * input[1] * input[2]);

    private static Tensor Rotate(Tensor heads, long past)
    {
        var (count, half) = (heads.shape[2], heads.shape[3] / 2);
        var frequencies = (arange(half, device: heads.device).to(ScalarType.Float32) * (-Math.Log(10_000) / half)).exp();
        var angles = arange(past, past + count, device: heads.device).to(ScalarType.Float32).unsqueeze(1) * frequencies; // [n, d/2]
        var (cos, sin) = (angles.cos(), angles.sin());
        var (a, b) = (heads.narrow(3, 0, half), heads.narrow(3, half, half));
        return cat([a * cos - b * sin, a * sin + b * cos], 3);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
