using Lab.Generation;
using Lab.Nn;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>
/// Models grids of codes of a class in any order: a transformer that sees all positions at once, with a vector in place of those unknown, and a head for
/// their codes. Grids are drawn in a few rounds, many positions at a time.
/// </summary>
/// <remarks>Source: MaskGIT, Chang et al. 2022 (arXiv 2202.04200); without its label smoothing.</remarks>
public sealed class MaskGitPrior : CodePrior
{
    private readonly nn.Module<Tensor, Tensor> input;
    private readonly Embedding start; // one more than there are classes: none
    private readonly Parameter maskToken, places; // [D], [1, 1 + N, D]
    private readonly TransformerBlock[] blocks;
    private readonly LayerNorm norm;

    /// <param name="sizes">Of the transformer.</param>
    /// <param name="positions">N: h w of the grid.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="input">From codes [..., M] to vectors [..., D]; owned by this module.</param>
    /// <param name="head">For contexts of width D; owned by this module.</param>
    /// <exception cref="ArgumentException">Less than one position or class.</exception>
    public MaskGitPrior(PriorOptions sizes, int positions, int classes, nn.Module<Tensor, Tensor> input, CodeHead head) : base(positions, classes, head, nameof(MaskGitPrior))
    {
        this.input = input;
        start = Layers.Embedding(classes + 1, sizes.Dim);
        maskToken = new Parameter(empty(sizes.Dim).DetachFromDisposeScope());
        Layers.TruncatedNormal(maskToken, 0.02);
        places = PositionEmbedding.Create(PositionKind.Learned, 1 + positions, sizes.Dim, std: 0.02)!;
        blocks = [.. Enumerable.Range(0, sizes.Depth).Select(_ => new TransformerBlock(new(sizes.Dim, sizes.Heads, 4 * sizes.Dim) { QkvBias = true }))];
        norm = nn.LayerNorm(sizes.Dim);
        register_module("input", input);
        register_module("start", start);
        register_parameter("mask_token", maskToken);
        register_parameter("places", places);
        for (var layer = 0; layer < blocks.Length; layer++) register_module($"block{layer}", blocks[layer]);
        register_module("norm", norm);
        register_module("head", head);
    }

    /// <summary>How grids are filled.</summary>
    public ParallelDecodingOptions Decoding { get; init; } = new();

    /// <summary>What is known about every position from those that are known.</summary>
    /// <param name="codes">[B, N, M] int64; of unknown positions any.</param>
    /// <param name="unknown">[B, N] bool.</param>
    /// <param name="labels">[B] int64, classes or <see cref="CodePrior.NoClass"/>.</param>
    /// <returns>[B, N, D].</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public Tensor Contexts(Tensor codes, Tensor unknown, Tensor labels)
    {
        Check(codes, labels);
        if (unknown.dtype != ScalarType.Bool || !unknown.shape.SequenceEqual(codes.shape[..2]))
            throw new ArgumentException($"What is unknown must be bool of shape [{codes.shape[0]}, {Positions}], got {unknown.dtype} of shape [{string.Join(", ", unknown.shape)}].", nameof(unknown));
        using var scope = NewDisposeScope();
        var seen = where(unknown.unsqueeze(-1), maskToken, input.call(codes));
        var x = cat([start.call(labels).unsqueeze(1), seen], 1) + places; // [B, 1 + N, D]
        foreach (var block in blocks) x = block.call(x, null);
        return norm.call(x).narrow(1, 1, Positions).MoveToOuterDisposeScope();
    }

    /// <summary>Masks positions at random, of every grid another share, and asks for them.</summary>
    /// <param name="codes">[B, N, M] int64.</param>
    /// <param name="labels">[B] int64.</param>
    /// <returns>[R, M]: of all masked positions of the batch, at least one of every grid. No likelihood of grids: what is known differs from draw to draw.</returns>
    /// <remarks>Draws from torch's own generator.</remarks>
    public override Tensor Losses(Tensor codes, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var unknown = Masks(codes.shape[0], codes.device);
        var asked = unknown.flatten().nonzero().squeeze(1); // [R]
        var contexts = Contexts(codes, unknown, labels).flatten(0, 1).index_select(0, asked);
        return Head.Losses(contexts, codes.flatten(0, 1).index_select(0, asked)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sample(Tensor labels, CodeSampling options, CancellationToken cancellation = default) => Sample(labels, options, null, cancellation);

    /// <inheritdoc cref="CodePrior.Sample"/>
    /// <param name="labels">[B] int64, on the prior's device.</param>
    /// <param name="options">How.</param>
    /// <param name="watch">Told after every round: codes [B, N, M], and which positions are unknown [B, N].</param>
    /// <param name="cancellation">Stops before the next round.</param>
    public Tensor Sample(Tensor labels, CodeSampling options, Action<Tensor, Tensor>? watch, CancellationToken cancellation = default)
    {
        options.Check();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(options.Seed, "codes"), labels.device);
        var empty = zeros([labels.shape[0], Positions, Head.BookSizes.Count], ScalarType.Int64, labels.device);
        return ParallelDecoding.Fill(empty, Decoding, random, Draw, watch, cancellation).MoveToOuterDisposeScope();

        // How sure it is: the probability of what was drawn, as the prior with the class gives it, whatever guidance and temperature did to the draw.
        (Tensor, Tensor) Draw(Tensor codes, Tensor unknown)
        {
            var contexts = Contexts(codes, unknown, labels).flatten(0, 1);
            var free = options.Guidance == 1 ? null : Contexts(codes, unknown, full_like(labels, NoClass)).flatten(0, 1);
            var drawn = Head.Draw(contexts, free, options, random);
            return (drawn.view(codes.shape), -Head.Losses(contexts, drawn).sum(1).view(unknown.shape));
        }
    }

    // [B, N]: of every grid ceil(r N) positions, r = cos(pi u / 2).
    internal Tensor Masks(long count, Device device)
    {
        using var scope = NewDisposeScope();
        var masked = (ParallelDecoding.MaskRatio(rand([count, 1], device: device)) * Positions).ceil();
        var rank = rand([count, Positions], device: device).argsort(1).argsort(1);
        return (rank < masked).MoveToOuterDisposeScope();
    }
}
