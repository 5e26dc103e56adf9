using Lab.Metrics;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>Sequence pooling: every token gets a score, and the weighted mean of all tokens replaces the class token.</summary>
/// <remarks>Source: section 3.2, "SeqPool" (arXiv 2104.05704).</remarks>
public sealed class SeqPool : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly Parameter weight; // [1, D]
    private readonly Parameter bias; // [1]

    /// <param name="dim">Width of a token.</param>
    public SeqPool(int dim) : base(nameof(SeqPool))
    {
        weight = new Parameter(empty(1, dim));
        Layers.TruncatedNormal(weight, std: 0.02);
        bias = new Parameter(zeros(1));
        RegisterComponents();
    }

    /// <param name="tokens">[B, N, D].</param>
    /// <returns>[B, D].</returns>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return Weights(tokens).unsqueeze(1).matmul(tokens).squeeze(1).MoveToOuterDisposeScope(); // [B, 1, N] x [B, N, D]
    }

    /// <summary>What every token counts in the mean.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <returns>[B, N]; rows sum to 1.</returns>
    public Tensor Weights(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(tokens, weight, bias).squeeze(-1).softmax(-1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output)
    {
        var elements = input[0] * input[1] * input[2];
        return new(elements, elements); // scores; weighted sum
    }
}
