using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>What a reduction sees of the tokens of pictures inside a block, behind attention. Class tokens are left out.</summary>
public sealed class TokenView
{
    private readonly AttentionHeads? heads;
    private readonly int classTokens;

    /// <param name="tokens">[B, N, D].</param>
    /// <param name="masses">[B, N]: how many tokens of the picture each stands for.</param>
    /// <param name="heads">Of this block's attention, class tokens included; null outside of blocks.</param>
    /// <param name="classTokens">Tokens in front of these in the attention.</param>
    /// <param name="grid">See <see cref="Grid"/>.</param>
    public TokenView(Tensor tokens, Tensor masses, AttentionHeads? heads = null, int classTokens = 0, (int Height, int Width)? grid = null) =>
        (Tokens, Masses, this.heads, this.classTokens, Grid) = (tokens, masses, heads, classTokens, grid);

    /// <summary>[B, N, D].</summary>
    public Tensor Tokens { get; }

    /// <summary>[B, N].</summary>
    public Tensor Masses { get; }

    /// <summary>Rows and columns that the tokens lie in, in raster order; null behind another reduction.</summary>
    public (int Height, int Width)? Grid { get; }

    /// <summary>N.</summary>
    public long Count => Tokens.shape[1];

    /// <summary>There is a class token to ask.</summary>
    public bool HasClassToken => heads is not null && classTokens > 0;

    /// <summary>What tokens are compared by: this block's keys, mean over heads; the tokens themselves outside of blocks.</summary>
    /// <returns>[B, N, d].</returns>
    public Tensor Keys() => heads is null ? Tokens.alias() : Mean(heads.Keys.narrow(2, classTokens, Count));

    /// <summary>How much a token matters: the class token's attention to it, or, without one, the attention it gets from all tokens; mean over heads.</summary>
    /// <returns>[B, N].</returns>
    /// <exception cref="InvalidOperationException">Outside of a block.</exception>
    public Tensor Scores() => HasClassToken ? ClassAttention() : AttentionReceived();

    /// <returns>[B, N].</returns>
    /// <exception cref="InvalidOperationException">Without a class token.</exception>
    public Tensor ClassAttention()
    {
        if (!HasClassToken) throw new InvalidOperationException("The attention of the class token is asked of a model that has none, or outside of its blocks.");
        using var scope = NewDisposeScope();
        return heads!.Attention(0, 1)[.., 0, classTokens..].MoveToOuterDisposeScope();
    }

    /// <returns>[B, N].</returns>
    /// <exception cref="InvalidOperationException">Outside of a block.</exception>
    public Tensor AttentionReceived()
    {
        if (heads is null) throw new InvalidOperationException("Attention is asked for outside of a block.");
        using var scope = NewDisposeScope();
        return heads.Attention(classTokens, Count)[.., .., classTokens..].mean([1]).MoveToOuterDisposeScope();
    }

    // [B, h, N, d] -> [B, N, d]
    private static Tensor Mean(Tensor keys)
    {
        using (keys) return keys.mean([1]);
    }
}
