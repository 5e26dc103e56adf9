using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>T2T-ViT: tokens to tokens, then a deep and narrow transformer.</summary>
/// <remarks>Source: section 3 (arXiv 2101.11986); names of weights as in github.com/yitu-opensource/T2T-ViT.</remarks>
public sealed class T2TVisionTransformer : nn.Module<Tensor, Tensor>, IBlockwiseTransformer
{
    private readonly nn.Module<Tensor, Tensor> tokens;
    private readonly Parameter classToken, positions; // [1, 1, D], [1, N + 1, D]; the positions are never trained
    private readonly TransformerBlock[] blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;

    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public T2TVisionTransformer(T2TOptions options) : base(nameof(T2TVisionTransformer))
    {
        options.Check();
        Options = options;
        tokens = options.Kind is T2TKind.Performer or T2TKind.Transformer ? new T2TModule(options) : new ConvolutionModule(options);
        classToken = new Parameter(zeros(1, 1, options.Dim).DetachFromDisposeScope());
        Layers.TruncatedNormal(classToken, 0.02);
        positions = PositionEmbedding.Create(PositionKind.Sine, options.Tokens + 1, options.Dim)!;
        blocks = [.. DropPath.Rising(options.DropPath, options.Depth).Select(rate => new TransformerBlock(options.Block(rate)))];
        norm = nn.LayerNorm(options.Dim);
        head = Layers.Linear(options.Dim, options.Classes);

        register_parameter("cls_token", classToken);
        register_parameter("pos_embed", positions);
        register_module("tokens_to_token", tokens);
        for (var i = 0; i < blocks.Length; i++) this.Register($"blocks.{i}", blocks[i]);
        register_module("norm", norm);
        register_module("head", head);
    }

    /// <summary>Sizes.</summary>
    public T2TOptions Options { get; }

    /// <summary>From pictures to tokens; the T2T module, or what stands in for it.</summary>
    public nn.Module<Tensor, Tensor> Tokenizer => tokens;

    /// <inheritdoc/>
    public int ClassTokens => 1;

    /// <inheritdoc/>
    public (int Height, int Width) Grid => (Options.Grids[^1], Options.Grids[^1]);

    /// <inheritdoc/>
    public IReadOnlyList<TransformerBlock> Blocks => blocks;

    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>Logits [B, classes].</returns>
    /// <exception cref="ArgumentException">Pictures of another size.</exception>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Embed(images);
        foreach (var block in blocks) x = block.call(x, null);
        return Head(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Pictures of another size.</exception>
    public Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = tokens.call(images);
        return PositionEmbedding.Add(cat([classToken.expand(x.shape[0], -1, -1), x], 1), positions).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Head(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return head.call(norm.call(tokens).select(1, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>How much the class token looks at every token in the last block, mean over heads.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>[B, N].</returns>
    public Tensor ClassAttention(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Embed(images);
        foreach (var block in blocks[..^1]) x = block.call(x, null);
        return blocks[^1].AttentionMap(x).mean([1])[.., 0, 1..].MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
