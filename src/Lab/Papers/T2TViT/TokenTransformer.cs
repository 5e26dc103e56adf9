using Lab.Metrics;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>A thin layer between two splits: attention with one head to a narrower token, and an MLP of that width.</summary>
/// <remarks>Source: section 3.1 (arXiv 2101.11986); names of weights as in github.com/yitu-opensource/T2T-ViT, token_transformer.py.</remarks>
public sealed class TokenTransformer : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly int dim, tokenDim;
    private readonly LayerNorm norm1, norm2;
    private readonly Linear qkv, projection, mlpIn, mlpOut;

    /// <param name="dim">Width of a token from the split.</param>
    /// <param name="tokenDim">e: width of a token behind.</param>
    public TokenTransformer(int dim, int tokenDim) : base(nameof(TokenTransformer))
    {
        (this.dim, this.tokenDim) = (dim, tokenDim);
        (norm1, norm2) = (nn.LayerNorm(dim), nn.LayerNorm(tokenDim));
        (qkv, projection) = (Layers.Linear(dim, 3 * tokenDim, bias: false), Layers.Linear(tokenDim, tokenDim));
        (mlpIn, mlpOut) = (Layers.Linear(tokenDim, tokenDim), Layers.Linear(tokenDim, tokenDim));
        (string, nn.Module)[] parts = [("norm1", norm1), ("attn.qkv", qkv), ("attn.proj", projection), ("norm2", norm2), ("mlp.fc1", mlpIn), ("mlp.fc2", mlpOut)];
        foreach (var (name, part) in parts) this.Register(name, part);
    }

    /// <param name="tokens">[B, L, d].</param>
    /// <returns>[B, L, e].</returns>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var parts = qkv.call(norm1.call(tokens)).split(tokenDim, -1);
        var (q, k, v) = (parts[0], parts[1], parts[2]); // [B, L, e]
        var mixed = nn.functional.scaled_dot_product_attention(q * Math.Sqrt((double)tokenDim / dim), k, v); // scaled by the width of the input, not by that of q and k
        var y = v + projection.call(mixed); // past v: tokens and outputs differ in width
        return (y + mlpOut.call(nn.functional.gelu(mlpIn.call(norm2.call(y))))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output) => new(0, 2 * input[0] * input[1] * input[1] * tokenDim);

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
