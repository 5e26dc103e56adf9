using Lab.Metrics;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Self-attention with several heads: one matrix for queries, keys and values, usually without bias; an output projection with bias.</summary>
/// <remarks>Source: Vaswani et al. 2017, section 3.2 (arXiv 1706.03762).</remarks>
public sealed class MultiHeadAttention : nn.Module<Tensor, Tensor?, Tensor>, ICountsMacs
{
    private readonly int heads;
    private readonly double attentionDropout, projectionDropout;
    [ComponentName(Name = "qkv")] private readonly Linear qkv;
    [ComponentName(Name = "proj")] private readonly Linear projection;

    /// <param name="dim">Width of a token.</param>
    /// <param name="heads">A divisor of the width.</param>
    /// <param name="attentionDropout">On the attention map, while training.</param>
    /// <param name="projectionDropout">On the output, while training.</param>
    /// <param name="qkvBias">Queries, keys and values have biases, too.</param>
    /// <exception cref="ArgumentException">Heads that do not divide the width.</exception>
    public MultiHeadAttention(int dim, int heads, double attentionDropout = 0, double projectionDropout = 0, bool qkvBias = false) : base(nameof(MultiHeadAttention))
    {
        if (heads < 1 || dim % heads != 0) throw new ArgumentException($"{heads} heads do not divide a width of {dim}.", nameof(heads));
        (this.heads, this.attentionDropout, this.projectionDropout) = (heads, attentionDropout, projectionDropout);
        qkv = Layers.Linear(dim, 3 * dim, bias: qkvBias);
        projection = Layers.Linear(dim, dim);
        RegisterComponents();
    }

    /// <param name="tokens">[B, N, D].</param>
    /// <param name="mask">[B, N] bool, true for tokens that take part; null: all. A token that does not gives an output that means nothing.</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor tokens, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        return Project(Mix(qkv.call(tokens), mask)).MoveToOuterDisposeScope();
    }

    /// <summary>The same, with what a token reduction wants to see of it.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <param name="keyBias">[B, N], added to the logits of every key, e.g. the logarithm of a merged token's mass; null: nothing.</param>
    /// <returns>[B, N, D], and queries and keys.</returns>
    internal (Tensor Output, AttentionHeads Heads) Attend(Tensor tokens, Tensor? keyBias)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Heads(qkv.call(tokens));
        var bias = keyBias?.unsqueeze(1).unsqueeze(1); // [B, 1, 1, N]
        var mixed = nn.functional.scaled_dot_product_attention(q, k, v, bias?.expand(-1, -1, q.shape[2], -1), training ? attentionDropout : 0);
        var output = Project(mixed.transpose(1, 2).flatten(2));
        return (output.MoveToOuterDisposeScope(), new(q.MoveToOuterDisposeScope(), k.MoveToOuterDisposeScope(), bias?.MoveToOuterDisposeScope()));
    }

    /// <summary>Attention within sequences of several lengths.</summary>
    /// <param name="rows">[U, D].</param>
    /// <param name="packing">Which rows belong together.</param>
    /// <returns>[U, D].</returns>
    internal Tensor Attend(Tensor rows, Packing packing)
    {
        using var scope = NewDisposeScope();
        return Project(Packing.Rows(packing.Split(qkv.call(rows)).Select(block => Mix(block, null)))).MoveToOuterDisposeScope();
    }

    /// <summary>How much every token looks at every other, for pictures.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <param name="mask">[B, N] bool; null: all.</param>
    /// <returns>[B, h, N, N]; rows sum to 1.</returns>
    public Tensor Map(Tensor tokens, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var (q, k, _) = Heads(qkv.call(tokens));
        var scores = q.matmul(k.transpose(-2, -1)) / Math.Sqrt(q.shape[^1]);
        if (Additive(mask, q.dtype) is { } additive) scores = scores + additive;
        return scores.softmax(-1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output)
    {
        var (batch, tokens, dim) = (input[0], input[1], input[2]);
        return new(0, 2 * batch * tokens * tokens * dim); // q k^T and the weighted sum of v
    }

    // [B, N, 3 D] -> [B, N, D]
    private Tensor Mix(Tensor parts, Tensor? mask)
    {
        var (q, k, v) = Heads(parts);
        var mixed = nn.functional.scaled_dot_product_attention(q, k, v, Additive(mask, q.dtype), training ? attentionDropout : 0);
        return mixed.transpose(1, 2).flatten(2); // [B, h, N, d] -> [B, N, D]
    }

    private Tensor Project(Tensor mixed) => nn.functional.dropout(projection.call(mixed), projectionDropout, training);

    // [B, N, 3 D] -> three of [B, h, N, d]
    private (Tensor Q, Tensor K, Tensor V) Heads(Tensor parts)
    {
        parts = parts.view(parts.shape[0], parts.shape[1], 3, heads, -1).permute(2, 0, 3, 1, 4); // [3, B, h, N, d]
        return (parts[0], parts[1], parts[2]);
    }

    // The most negative number, not minus infinity: a row without any partner stays finite.
    private static Tensor? Additive(Tensor? mask, ScalarType type)
    {
        if (mask is null) return null;
        var pairs = mask.unsqueeze(1).logical_and(mask.unsqueeze(2)).unsqueeze(1); // [B, 1, N, N]
        return zeros(pairs.shape, type, pairs.device).masked_fill_(pairs.logical_not(), finfo(type).min);
    }
}
