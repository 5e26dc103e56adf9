using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>ViT-Lite, CVT or CCT: tokenizer, positions, encoder, pooling, classes.</summary>
/// <remarks>Source: arXiv 2104.05704, figure 2. Weights of the reference repository load by name.</remarks>
public sealed class CompactTransformer : nn.Module<Tensor, Tensor>, IBlockwiseTransformer
{
    private readonly nn.Module<Tensor, Tensor> tokenizer;
    private readonly TransformerClassifier classifier;

    /// <param name="options">Family, sizes, ablations.</param>
    /// <exception cref="ArgumentException">An option outside its range, or options that do not fit together.</exception>
    public CompactTransformer(CctOptions options) : base(nameof(CompactTransformer))
    {
        options.Check();
        Options = options;
        var dim = options.Size.EmbedDim;
        tokenizer = options.Family == CompactFamily.CCT
            ? new ConvTokenizer(options.Channels, dim, options.KernelSize, options.ConvLayers, options.HiddenChannels)
            : Patches(options.Channels, dim, options.KernelSize);
        classifier = new TransformerClassifier(new(options.Size, options.Tokens)
        {
            Position = options.Position,
            Pooling = options.Pooling,
            Norm = options.Norm,
            Dropout = options.Dropout,
            AttentionDropout = options.AttentionDropout,
            DropPath = options.DropPath,
        }, options.Classes);
        RegisterComponents();
    }

    /// <summary>What the model was made from.</summary>
    public CctOptions Options { get; }

    /// <summary>Filters that first meet the pixels, [n, C, k, k]; owned by this module.</summary>
    public Tensor FirstKernels => tokenizer is ConvTokenizer conv ? conv.Kernels : ((PatchEmbed)tokenizer).Kernels;

    /// <summary>What one token sees of the picture, along a side.</summary>
    public ReceptiveField TokenField => ReceptiveField.Of(Options.Windows);

    /// <param name="images">[B, C, H, W].</param>
    /// <returns>Logits [B, classes].</returns>
    /// <exception cref="ArgumentException">A picture of another size than the position table was made for, or that patches do not tile.</exception>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return classifier.call(tokenizer.call(images), null).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public int ClassTokens => Options.Pooling == Pooling.Class ? 1 : 0;

    /// <inheritdoc/>
    public (int Height, int Width) Grid => ((int)TokensAlong(Options.ImageSize), (int)TokensAlong(Options.ImageSize));

    /// <inheritdoc/>
    public IReadOnlyList<TransformerBlock> Blocks => classifier.Blocks;

    /// <inheritdoc/>
    public Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        return classifier.Embed(tokenizer.call(images)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Head(Tensor tokens) => classifier.Head(tokens);

    /// <summary>The tokens that the encoder gets, without positions.</summary>
    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, N, D].</returns>
    public Tensor Tokenize(Tensor images) => tokenizer.call(images);

    /// <summary>The encoder, the pooling and the classes alone.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <returns>Logits [B, classes].</returns>
    public Tensor Classify(Tensor tokens) => classifier.call(tokens, null);

    /// <summary>
    /// What every token counts in the answer: the pooling weights, or for a model with a class token that token's
    /// attention in the last block, mean over heads.
    /// </summary>
    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, h, w], in the order of the picture.</returns>
    public Tensor TokenWeights(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (TokensAlong(images.shape[2]), TokensAlong(images.shape[3]));
        return classifier.TokenWeights(tokenizer.call(images)).reshape(-1, height, width).MoveToOuterDisposeScope();
    }

    // The repository initialises the convolutions of all tokenizers alike.
    private static PatchEmbed Patches(int channels, int dim, int patch)
    {
        var patches = new PatchEmbed(channels, dim, patch, name: "conv_layers.0.0");
        nn.init.kaiming_normal_(patches.Kernels);
        return patches;
    }

    private long TokensAlong(long pixels) => Options.Windows.Aggregate(pixels, (inputs, window) => window.Outputs(inputs));
}
