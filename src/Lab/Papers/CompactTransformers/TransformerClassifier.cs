using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>What pictures and texts share once they are tokens: positions, encoder, pooling, classes.</summary>
/// <remarks>Source: figure 2 (arXiv 2104.05704).</remarks>
internal sealed class TransformerClassifier : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly EncoderOptions options;
    private readonly Parameter? classToken, positions; // [1, 1, D]; [1, rows, D]
    private readonly TransformerBlock[] blocks;
    private readonly LayerNorm norm;
    private readonly SeqPool? pool;
    private readonly Linear head;

    public TransformerClassifier(EncoderOptions options, int classes) : base(nameof(TransformerClassifier))
    {
        this.options = options;
        var size = options.Size;
        var classTokens = options.Pooling == Pooling.Class ? 1 : 0;
        classToken = classTokens == 1 ? new Parameter(zeros(1, 1, size.EmbedDim)) : null;
        positions = PositionEmbedding.Create(options.Position, options.Tokens + classTokens + options.PaddingRows, size.EmbedDim);
        blocks = [.. DropPath.Rising(options.DropPath, size.Depth).Select(rate => new TransformerBlock(
            new(size.EmbedDim, size.Heads, size.MlpRatio * size.EmbedDim)
            {
                Norm = options.Norm,
                Dropout = options.Dropout,
                AttentionDropout = options.AttentionDropout,
                DropPath = rate,
            }))];
        norm = nn.LayerNorm(size.EmbedDim);
        pool = options.Pooling == Pooling.Seq ? new SeqPool(size.EmbedDim) : null;
        head = Layers.Linear(size.EmbedDim, classes);
        RegisterByReferenceNames();
    }

    /// <param name="tokens">[B, N, D].</param>
    /// <param name="mask">[B, N] bool, true for tokens that take part; null: all.</param>
    /// <returns>Logits [B, classes].</returns>
    public override Tensor forward(Tensor tokens, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        (var x, mask) = Prepare(tokens, mask);
        foreach (var block in blocks) x = block.call(x, mask);
        return Head(x).MoveToOuterDisposeScope();
    }

    /// <summary>In order.</summary>
    public IReadOnlyList<TransformerBlock> Blocks => blocks;

    /// <summary>The tokens as the first block gets them.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <returns>[B, class token + N, D].</returns>
    public Tensor Embed(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return Prepare(tokens, null).Tokens.MoveToOuterDisposeScope();
    }

    /// <summary>Pooling and classes.</summary>
    /// <param name="tokens">[B, class token + M, D], behind the last block.</param>
    /// <returns>Logits [B, classes].</returns>
    public Tensor Head(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return head.call(Pool(norm.call(tokens))).MoveToOuterDisposeScope();
    }

    /// <summary>What every token counts in the answer: pooling weights, or the class token's attention in the last block, mean over heads.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <returns>[B, N]; rows of pooling weights sum to 1, those of attention to 1 less what the class token pays to itself.</returns>
    public Tensor TokenWeights(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (x, _) = Prepare(tokens, null);
        foreach (var block in blocks[..^1]) x = block.call(x, null);
        if (classToken is not null)
            return blocks[^1].AttentionMap(x).mean([1])[.., 0, 1..].MoveToOuterDisposeScope(); // [B, h, N + 1, N + 1] -> [B, N]
        var encoded = norm.call(blocks[^1].call(x, null));
        var weights = pool?.Weights(encoded) ?? full(tokens.shape[0], tokens.shape[1], 1.0 / tokens.shape[1], device: tokens.device);
        return weights.MoveToOuterDisposeScope();
    }

    private (Tensor Tokens, Tensor? Mask) Prepare(Tensor tokens, Tensor? mask)
    {
        var x = tokens;
        if (classToken is not null)
        {
            var batch = tokens.shape[0];
            x = cat([classToken.expand(batch, -1, -1), x], dim: 1);
            mask = mask is null ? null : cat([ones(batch, 1, ScalarType.Bool, mask.device), mask], dim: 1);
        }
        x = PositionEmbedding.Add(x, positions?.narrow(1, options.PaddingRows, positions.shape[1] - options.PaddingRows));
        return (nn.functional.dropout(x, options.Dropout, training), mask);
    }

    private Tensor Pool(Tensor tokens) => options.Pooling switch
    {
        Pooling.Seq => pool!.call(tokens),
        Pooling.Class => tokens[.., 0],
        Pooling.Mean => tokens.mean([1]),
        _ => throw new ArgumentException($"{options.Pooling} is no pooling."),
    };

    private void RegisterByReferenceNames()
    {
        if (classToken is not null) register_parameter("class_emb", classToken);
        if (positions is not null) register_parameter("positional_emb", positions);
        if (pool is not null) this.Register("attention_pool", pool);
        for (var i = 0; i < blocks.Length; i++) this.Register($"blocks.{i}", blocks[i]);
        this.Register("norm", norm);
        this.Register("fc", head);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>What <see cref="TransformerClassifier"/> needs to know.</summary>
/// <param name="Size">Depth and width.</param>
/// <param name="Tokens">The class token not counted.</param>
internal sealed record EncoderOptions(CompactSize Size, int Tokens)
{
    public PositionKind Position { get; init; }

    public Pooling Pooling { get; init; }

    public BlockNorm Norm { get; init; }

    public double Dropout { get; init; }

    public double AttentionDropout { get; init; }

    public double DropPath { get; init; }

    /// <summary>Rows of the position table before that of the first token.</summary>
    public int PaddingRows { get; init; }
}
