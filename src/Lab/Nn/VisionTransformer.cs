using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>A vision transformer: patches, a class token, learned positions, pre-norm blocks.</summary>
/// <remarks>Source: Dosovitskiy et al. 2021, section 3.1 (arXiv 2010.11929); names of weights as in timm.</remarks>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>, IBlockwiseTransformer
{
    private readonly PatchEmbed patches;
    private readonly Parameter? classToken; // [1, 1, D]
    private readonly Parameter positions;   // [1, class tokens + N, D]
    private readonly TransformerBlock[] blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;

    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public VisionTransformer(VisionTransformerOptions options) : base(nameof(VisionTransformer))
    {
        options.Check();
        Options = options;
        var (dim, side) = (options.Dim, options.Side);
        patches = new PatchEmbed(options.Channels, dim, options.Patch);
        classToken = options.ClassTokens == 1 ? new Parameter(empty(1, 1, dim).DetachFromDisposeScope()) : null;
        if (classToken is not null) Layers.TruncatedNormal(classToken, 0.02);
        positions = PositionEmbedding.Create(PositionKind.Learned, options.ClassTokens + side * side, dim, std: 0.02)!;
        blocks = [.. DropPath.Rising(options.DropPath, options.Depth).Select(rate =>
            new TransformerBlock(new(dim, options.Heads, options.MlpRatio * dim) { QkvBias = true, DropPath = rate }))];
        norm = nn.LayerNorm(dim);
        head = Layers.Linear(dim, options.Head == VisionHead.Pixels ? options.Classes * options.Patch * options.Patch : options.Classes);

        this.Register("patch_embed", patches);
        if (classToken is not null) register_parameter("cls_token", classToken);
        register_parameter("pos_embed", positions);
        for (var i = 0; i < blocks.Length; i++) this.Register($"blocks.{i}", blocks[i]);
        this.Register("norm", norm);
        this.Register("head", head);
    }

    /// <summary>Sizes.</summary>
    public VisionTransformerOptions Options { get; }

    /// <inheritdoc/>
    public int ClassTokens => Options.ClassTokens;

    /// <inheritdoc/>
    public (int Height, int Width) Grid => (Options.Side, Options.Side);

    /// <inheritdoc/>
    public IReadOnlyList<TransformerBlock> Blocks => blocks;

    /// <param name="images">[B, C, S, S].</param>
    /// <returns>Logits [B, classes], or [B, classes, S, S] for <see cref="VisionHead.Pixels"/>.</returns>
    /// <exception cref="ArgumentException">Pictures of another size.</exception>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = Embed(images);
        foreach (var block in blocks) x = block.call(x, null);
        return Head(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = patches.call(images); // [B, N, D]
        if (classToken is not null) x = cat([classToken.expand(x.shape[0], -1, -1), x], 1);
        return PositionEmbedding.Add(x, positions).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A class per pixel is asked of another number of tokens than the picture has.</exception>
    public Tensor Head(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var x = norm.call(tokens);
        return (classToken is null ? Pixels(head.call(x), Options.Side, Options.Side) : head.call(x.select(1, 0))).MoveToOuterDisposeScope();
    }

    /// <summary>The answers of tokens that lie in another grid than those of the picture: a picture of another size.</summary>
    /// <param name="tokens">[B, h w, D], without a class token.</param>
    /// <param name="height">h.</param>
    /// <param name="width">w.</param>
    /// <returns>[B, classes, h P, w P].</returns>
    internal Tensor Head(Tensor tokens, int height, int width)
    {
        using var scope = NewDisposeScope();
        return Pixels(head.call(norm.call(tokens)), height, width).MoveToOuterDisposeScope();
    }

    // [B, h w, classes P P] -> [B, classes, h P, w P]
    private Tensor Pixels(Tensor answers, int height, int width)
    {
        var patch = Options.Patch;
        if (answers.shape[1] != height * width)
            throw new ArgumentException($"A class per pixel needs all {height * width} tokens of the picture, got {answers.shape[1]}: restore them first.", nameof(answers));
        return answers.view(-1, height, width, Options.Classes, patch, patch).permute(0, 3, 1, 4, 2, 5).reshape(-1, Options.Classes, height * patch, width * patch);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
