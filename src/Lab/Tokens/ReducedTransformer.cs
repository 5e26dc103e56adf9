using Lab.Metrics;
using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>A vision transformer that goes on with fewer tokens from some blocks on. The model itself is neither changed nor owned.</summary>
public sealed class ReducedTransformer : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly IBlockwiseTransformer model;
    private readonly ITokenReducer reducer;
    private readonly ReductionPlan plan;
    private readonly Dictionary<int, ReductionStep> steps;

    /// <param name="model">A module of its own; stays the caller's.</param>
    /// <param name="reducer">How tokens become fewer.</param>
    /// <param name="plan">Where, and how many are left.</param>
    /// <exception cref="ArgumentException">A plan that does not suit the model; the message says why.</exception>
    public ReducedTransformer(IBlockwiseTransformer model, ITokenReducer reducer, ReductionPlan plan) : base(nameof(ReducedTransformer))
    {
        plan.Check(model.Blocks.Count, model.Grid.Height * model.Grid.Width);
        (this.model, this.reducer, this.plan) = (model, reducer, plan);
        steps = plan.Steps.ToDictionary(step => step.Block);
        register_module("model", (nn.Module)model);
    }

    /// <param name="images">[B, C, H, W].</param>
    /// <returns>The model's output.</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Run(images).Output.MoveToOuterDisposeScope();
    }

    /// <summary>The same, with what became of the tokens.</summary>
    /// <param name="images">[B, C, H, W].</param>
    /// <returns>The model's output and every reduction, in order; in the caller's dispose scope.</returns>
    public (Tensor Output, IReadOnlyList<Reduction> Reductions) Trace(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (output, reductions) = Run(images);
        return (output.MoveToOuterDisposeScope(), [.. reductions.Select(reduction => reduction.MoveToOuterDisposeScope())]);
    }

    /// <summary>Multiply-adds of one picture that the reductions themselves take. They are not part of what <see cref="MacCounter"/> counts.</summary>
    public long ReducerMacs => Lengths().Zip(Lengths().Skip(1)).Select((pair, block) => steps.TryGetValue(block, out var step) ? reducer.Macs(pair.First, step.Keep, Dim, KeyDim) : 0).Sum();

    private long Dim => model.Blocks[0].Options.Dim;

    private long KeyDim => plan.Place == ReductionPlace.BeforeMlp ? Dim / model.Blocks[0].Options.Heads : Dim;

    private (Tensor Output, List<Reduction> Reductions) Run(Tensor images)
    {
        var x = model.Embed(images);
        Tensor? masses = null; // [B, N]; as long as no reduction was made every token stands for itself
        var reductions = new List<Reduction>();
        for (var block = 0; block < model.Blocks.Count; block++)
        {
            if (block == model.Blocks.Count - plan.RestoredBlocks) (x, masses) = (Restored(x, reductions), null);
            var (attended, heads) = model.Blocks[block].Attend(x, plan.Proportional ? KeyBias(masses) : null);
            x = attended;
            if (plan.Place == ReductionPlace.BeforeMlp) x = Reduced(x, block, heads, reductions, ref masses);
            x = model.Blocks[block].Feed(x);
            if (plan.Place == ReductionPlace.AfterBlock) x = Reduced(x, block, null, reductions, ref masses);
        }
        return (model.Head(plan.RestoredBlocks == 0 ? Restored(x, reductions) : x), reductions);
    }

    private Tensor Reduced(Tensor x, int block, AttentionHeads? heads, List<Reduction> reductions, ref Tensor? masses)
    {
        if (!steps.TryGetValue(block, out var step)) return x;
        var (classTokens, tokens) = Split(x);
        var view = new TokenView(tokens, masses ?? ones([tokens.shape[0], tokens.shape[1]], tokens.dtype, tokens.device), heads, model.ClassTokens, reductions.Count == 0 ? model.Grid : null);
        var reduction = reducer.Reduce(view, step.Keep);
        reductions.Add(reduction);
        masses = reduction.Masses;
        return cat([classTokens, reduction.Apply(tokens)], 1);
    }

    private Tensor Restored(Tensor x, IReadOnlyList<Reduction> reductions)
    {
        var (classTokens, tokens) = Split(x);
        return cat([classTokens, reductions.Reverse().Aggregate(tokens, (reduced, reduction) => reduction.Restore(reduced))], 1);
    }

    private (Tensor ClassTokens, Tensor Tokens) Split(Tensor x) => (x.narrow(1, 0, model.ClassTokens), x.narrow(1, model.ClassTokens, x.shape[1] - model.ClassTokens));

    // A class token stands for itself.
    private Tensor? KeyBias(Tensor? masses) => masses is null
        ? null
        : cat([zeros([masses.shape[0], model.ClassTokens], masses.dtype, masses.device), masses.log()], 1);

    // Tokens that reach every block, and the head.
    private IEnumerable<long> Lengths()
    {
        long tokens = model.Grid.Height * model.Grid.Width, all = tokens;
        for (var block = 0; block < model.Blocks.Count; block++)
        {
            if (block == model.Blocks.Count - plan.RestoredBlocks) tokens = all;
            yield return tokens;
            if (steps.TryGetValue(block, out var step)) tokens = step.Keep;
        }
        yield return plan.RestoredBlocks == 0 ? all : tokens;
    }

    /// <summary>The model is the caller's, and there is nothing else to dispose.</summary>
    protected override void Dispose(bool disposing) { }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output) =>
        new(0, input[0] * Lengths().SkipLast(1).Select(tokens => tokens + model.ClassTokens).Sum(tokens => 2 * tokens * tokens * Dim)); // attention's two products
}
