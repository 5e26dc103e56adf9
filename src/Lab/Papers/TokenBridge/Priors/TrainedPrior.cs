using Lab.ImageTokenizers.Priors;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>A trained backbone with one head: generates and judges grids of latents.</summary>
public abstract class TrainedPrior
{
    /// <summary>Numbers that the head learned.</summary>
    public abstract long HeadParameters { get; }

    /// <summary>Operations of the head to generate one position.</summary>
    public abstract double FlopsPerPosition { get; }

    /// <summary>Negative log likelihood of test latents' tokens, mean over positions.</summary>
    /// <param name="test">Stays the caller's.</param>
    /// <returns>Nats per channel; not a number for a head without tokens.</returns>
    public abstract double Nats(LatentGrids test);

    /// <summary>Generates.</summary>
    /// <param name="labels">[B] int64.</param>
    /// <param name="sampling">How; a raster has no steps but its positions.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>[B, N, C], scaled to unit deviation.</returns>
    public abstract Tensor Sample(Tensor labels, MaskedSampling sampling, CancellationToken cancellation = default);

    /// <summary>Generates and keeps what was known on the way.</summary>
    /// <param name="labels">[B] int64.</param>
    /// <param name="sampling">How.</param>
    /// <returns>[B, N, C] each, what is unknown 0; the caller's to dispose.</returns>
    public abstract IReadOnlyList<Tensor> Stages(Tensor labels, MaskedSampling sampling);
}

/// <summary>The masked backbone.</summary>
/// <param name="prior">In evaluation mode; stays the caller's.</param>
public sealed class MaskedPrior(MaskedContinuousPrior prior) : TrainedPrior
{
    private const int EvaluationBatch = 32; // a batch has one mask ratio: small ones draw many

    /// <inheritdoc/>
    public override long HeadParameters => prior.Head.parameters().Sum(p => p.numel());

    /// <inheritdoc/>
    public override double FlopsPerPosition => prior.Head.FlopsPerPosition;

    /// <inheritdoc/>
    /// <remarks>Of masked positions; every arm is asked for the same ones.</remarks>
    public override double Nats(LatentGrids test)
    {
        if (prior.Head is not TokenHead) return double.NaN;
        using var noGrad = no_grad();
        var (sum, count) = (0.0, 0L);
        foreach (var (number, batch) in test.InOrder(EvaluationBatch).Index())
        {
            using var scope = NewDisposeScope();
            using var masks = manual_seed(Seed.Derive(number, "masks"));
            using var _ = batch;
            var losses = prior.Losses(batch.Latents, batch.Labels, int.MaxValue);
            (sum, count) = (sum + losses.sum(ScalarType.Float64).item<double>(), count + losses.numel());
        }
        return sum / count;
    }

    /// <inheritdoc/>
    public override Tensor Sample(Tensor labels, MaskedSampling sampling, CancellationToken cancellation = default) => prior.Sample(labels, sampling, null, cancellation);

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Stages(Tensor labels, MaskedSampling sampling)
    {
        var stages = new List<Tensor>();
        prior.Sample(labels, sampling, (latents, _, _) => stages.Add(latents.clone().DetachFromDisposeScope())).Dispose();
        return stages;
    }
}

/// <summary>One of several heads on the raster backbone that they share.</summary>
/// <param name="prior">In evaluation mode; stays the caller's.</param>
/// <param name="heads">Its head.</param>
/// <param name="number">Of the head that is meant.</param>
/// <param name="tokens">How latents become its codes.</param>
public sealed class RasterPrior(CausalPrior prior, SharedHeads heads, int number, ChannelTokens tokens) : TrainedPrior
{
    private const int Shown = 5;

    /// <inheritdoc/>
    public override long HeadParameters => heads.Heads[number].parameters().Sum(p => p.numel());

    /// <inheritdoc/>
    public override double FlopsPerPosition => TokenHead.FlopsOf(heads.Heads[number]);

    /// <inheritdoc/>
    public override double Nats(LatentGrids test)
    {
        heads.Chosen = number;
        using var scope = NewDisposeScope();
        var (count, positions) = (test.Latents.shape[0], test.Latents.shape[1]);
        using var codes = new CodeGrids(tokens.Of(test.Latents.flatten(0, 1)).view(count, positions, -1), test.Labels.alias());
        return PriorRecipe.Nats(prior, codes).Sum() / tokens.Channels;
    }

    /// <inheritdoc/>
    public override Tensor Sample(Tensor labels, MaskedSampling sampling, CancellationToken cancellation = default)
    {
        heads.Chosen = number;
        using var scope = NewDisposeScope();
        var codes = prior.Sample(labels, new() { Temperature = sampling.Temperature, Guidance = sampling.Guidance, Seed = sampling.Seed }, cancellation); // [B, N, slots]
        return tokens.Latents(codes.flatten(0, 1)).view(codes.shape[0], codes.shape[1], -1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>A raster keeps what it has written: what was known earlier is the beginning of the end.</remarks>
    public override IReadOnlyList<Tensor> Stages(Tensor labels, MaskedSampling sampling)
    {
        using var scope = NewDisposeScope();
        var end = Sample(labels, sampling);
        var stages = new List<Tensor>();
        for (var stage = 1; stage <= Shown; stage++)
        {
            var known = end.shape[1] * stage / Shown;
            var latents = zeros_like(end);
            latents.narrow(1, 0, known).copy_(end.narrow(1, 0, known));
            stages.Add(latents.MoveToOuterDisposeScope());
        }
        return stages;
    }
}

/// <summary>Heads that are trained at once on the contexts of one backbone.</summary>
public sealed class SharedHeads : CodeHead
{
    /// <param name="heads">For the same codes; owned by this module from now on.</param>
    public SharedHeads(IReadOnlyList<CodeHead> heads) : base(heads[0].BookSizes, nameof(SharedHeads))
    {
        Heads = heads;
        foreach (var (number, head) in heads.Index()) register_module($"head{number}", head);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<CodeHead> Heads { get; }

    /// <summary>The one that speaks.</summary>
    public int Chosen { get; set; }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Logits(Tensor contexts, Tensor codes) => Heads[Chosen].Logits(contexts, codes);

    /// <inheritdoc/>
    public override Tensor Next(Tensor contexts, Tensor codes) => Heads[Chosen].Next(contexts, codes);

    internal override Tensor Draw(Tensor contexts, Tensor? unconditional, CodeSampling options, Generator random) => Heads[Chosen].Draw(contexts, unconditional, options, random);

    /// <summary>Losses of all heads on the same contexts.</summary>
    /// <param name="contexts">[R, D].</param>
    /// <param name="codes">[R, M].</param>
    /// <returns>Scalar: the sum of their means.</returns>
    public Tensor Joint(Tensor contexts, Tensor codes)
    {
        using var scope = NewDisposeScope();
        return Heads.Select(head => head.Losses(contexts, codes).mean()).Aggregate((sum, loss) => sum + loss).MoveToOuterDisposeScope();
    }
}

/// <summary>What a raster backbone reads of a position: the values that its tokens stand for, never their indices.</summary>
public sealed class DequantizedInput : nn.Module<Tensor, Tensor>
{
    private readonly ChannelTokens tokens;
    private readonly Linear project;

    /// <param name="tokens">How latents became tokens; its quantizer is owned by this module from now on.</param>
    /// <param name="dim">D.</param>
    public DequantizedInput(ChannelTokens tokens, int dim) : base(nameof(DequantizedInput))
    {
        this.tokens = tokens;
        project = Mar.Linear(tokens.Channels, dim);
        register_module("quantizer", tokens.Quantizer);
        register_module("project", project);
    }

    /// <param name="codes">[..., slots] int64.</param>
    /// <returns>[..., D].</returns>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        var values = tokens.Latents(codes.reshape(-1, codes.shape[^1])).view([.. codes.shape[..^1], tokens.Channels]);
        return project.call(values).MoveToOuterDisposeScope();
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
