using Lab.Nn;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>
/// Models grids of codes of a class, position by position in raster order: a causal transformer over the positions
/// before, which begins with the class, and a head for the codes of the next.
/// </summary>
/// <remarks>Source: Esser et al. 2021, section 3.2 (arXiv 2012.09841); guidance: Ho and Salimans 2022 (arXiv 2207.12598).</remarks>
public sealed class CausalPrior : CodePrior
{
    private readonly nn.Module<Tensor, Tensor> input;
    private readonly Embedding start; // one more than there are classes: none
    private readonly CausalStack stack;

    /// <param name="sizes">Of the transformer.</param>
    /// <param name="positions">N: h w of the grid.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="input">From codes [..., M] to vectors [..., D]; owned by this module.</param>
    /// <param name="head">For contexts of width D; owned by this module.</param>
    /// <exception cref="ArgumentException">Less than one position or class.</exception>
    public CausalPrior(PriorOptions sizes, int positions, int classes, nn.Module<Tensor, Tensor> input, CodeHead head) : base(positions, classes, head, nameof(CausalPrior))
    {
        this.input = input;
        start = Layers.Embedding(classes + 1, sizes.Dim);
        stack = new CausalStack(sizes.Dim, sizes.Depth, sizes.Heads, positions);
        register_module("input", input);
        register_module("start", start);
        register_module("stack", stack);
        register_module("head", head);
    }

    /// <summary>What is known about every position from those before it.</summary>
    /// <param name="codes">[B, N, M] int64.</param>
    /// <param name="labels">[B] int64, classes or <see cref="CodePrior.NoClass"/>.</param>
    /// <returns>[B, N, D].</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public Tensor Contexts(Tensor codes, Tensor labels)
    {
        Check(codes, labels);
        using var scope = NewDisposeScope();
        var first = start.call(labels).unsqueeze(1);
        return stack.call(cat([first, input.call(codes.narrow(1, 0, Positions - 1))], 1)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <returns>[B, N, M]: of all positions; they add up to those of whole grids.</returns>
    public override Tensor Losses(Tensor codes, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return Head.Losses(Contexts(codes, labels).flatten(0, 1), codes.flatten(0, 1)).view(codes.shape).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sample(Tensor labels, CodeSampling options, CancellationToken cancellation = default)
    {
        options.Check();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(options.Seed, "codes"), labels.device);
        var (guided, count) = (options.Guidance != 1, labels.shape[0]);
        var all = guided ? cat([labels, full_like(labels, NoClass)]) : labels;
        using var cache = new KeyValueCache(stack.Options, (int)all.shape[0], labels.device);
        var grid = empty([count, Positions, Head.BookSizes.Count], ScalarType.Int64, labels.device);
        for (var position = 0; position < Positions; position++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var next = position == 0 ? start.call(all) : input.call(grid.select(1, position - 1).repeat(guided ? 2 : 1, 1));
            var contexts = stack.Continue(next.unsqueeze(1), cache).squeeze(1); // [B or 2 B, D]
            var codes = Head.Draw(contexts.narrow(0, 0, count), guided ? contexts.narrow(0, count, count) : null, options, random);
            grid.select(1, position).copy_(codes);
        }
        return grid.MoveToOuterDisposeScope();
    }
}
