using Lab.Nn;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>How pictures are generated.</summary>
public sealed record MaskedSampling
{
    /// <summary>T: rounds.</summary>
    public int Steps { get; init; } = 16;

    /// <summary>s: contexts are moved away from those without a class; 1: not at all.</summary>
    public double Guidance { get; init; } = 1;

    /// <summary>Of the head.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Of the order of positions and of the draws.</summary>
    public long Seed { get; init; }

    internal void Check(int positions)
    {
        if (Steps < 1 || Steps > positions) throw new ArgumentException($"{positions} positions are generated in 1 to {positions} steps, got {Steps}.");
        if (Guidance is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(Guidance)} must not be negative, got {Guidance}.");
        if (Temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(Temperature)} must be positive, got {Temperature}.");
    }
}

/// <summary>
/// MAR: a masked autoencoder over continuous latent vectors. The encoder sees the known positions alone, the decoder fills the
/// masked ones, and a head turns what the decoder says about a masked position into its latent vector. Known vectors enter as
/// numbers: quantized latents as the values they stand for, never as indices.
/// </summary>
/// <remarks>Source: Li et al. 2024 (arXiv 2406.11838); Wang et al. 2025, section 3.3 (arXiv 2503.16430). Names of weights are those of its repository.</remarks>
public sealed class MaskedContinuousPrior : nn.Module
{
    private const double LabelDrop = 0.1;

    private readonly MaskedPriorOptions options;
    private readonly int channels, positions, classes;
    private readonly Embedding classTable;
    private readonly Parameter noClass, maskToken, encoderPlaces, decoderPlaces, outputPlaces;
    private readonly Linear input, middle;
    private readonly LayerNorm inputNorm, encoderNorm, decoderNorm;
    private readonly MarBlock[] encoder, decoder;

    /// <param name="options">Sizes.</param>
    /// <param name="channels">C.</param>
    /// <param name="positions">N.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="head">For contexts of width d; owned by this module.</param>
    /// <exception cref="ArgumentException">Sizes outside their range.</exception>
    public MaskedContinuousPrior(MaskedPriorOptions options, int channels, int positions, int classes, LatentHead head) : base(nameof(MaskedContinuousPrior))
    {
        options.Check();
        if (channels < 1 || positions < 1 || classes < 1) throw new ArgumentException($"Channels, positions and classes are at least 1, got {channels}, {positions} and {classes}.");
        (this.options, this.channels, this.positions, this.classes, Head) = (options, channels, positions, classes, head);
        var (d, buffer) = (options.Dim, options.Buffer);
        classTable = Layers.Embedding(classes, d);
        (noClass, maskToken) = (Mar.Table(1, d), Mar.Table(1, 1, d));
        (encoderPlaces, decoderPlaces, outputPlaces) = (Mar.Table(1, positions + buffer, d), Mar.Table(1, positions + buffer, d), Mar.Table(1, positions, d));
        (input, middle) = (Mar.Linear(channels, d), Mar.Linear(d, d));
        (inputNorm, encoderNorm, decoderNorm) = (Mar.Norm(d), Mar.Norm(d), Mar.Norm(d));
        (encoder, decoder) = (Blocks(), Blocks());
        Register();

        MarBlock[] Blocks() => [.. Enumerable.Range(0, options.Depth).Select(_ => new MarBlock(d, options.Heads, options.Dropout))];
    }

    /// <summary>Of the latent vectors.</summary>
    public LatentHead Head { get; }

    /// <summary>Masks positions at random and asks for them.</summary>
    /// <param name="latents">[B, N, C], scaled to unit deviation.</param>
    /// <param name="labels">[B] int64; some are dropped while training.</param>
    /// <param name="asked">Masked positions per picture that the head is asked for, at most; it costs more than the backbone.</param>
    /// <returns>[B M]: the head's loss.</returns>
    /// <remarks>Draws from torch's own generator.</remarks>
    public Tensor Losses(Tensor latents, Tensor labels, int asked)
    {
        using var scope = NewDisposeScope();
        var masked = (int)Math.Ceiling(positions * MaskSchedule.Ratio(rand(1, ScalarType.Float64).item<double>(), options.MaskRatioMinimum));
        var order = rand([latents.shape[0], positions], device: latents.device).argsort(1); // those masked come first
        var contexts = Contexts(Head.Seen(latents), order, masked, ClassVectors(labels, drop: training));
        var places = order.narrow(1, 0, Math.Min(asked, masked));
        return Head.call(At(contexts, places).flatten(0, 1), At(latents, places).flatten(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Generates grids of latents.</summary>
    /// <param name="labels">[B] int64, on the prior's device.</param>
    /// <param name="sampling">How.</param>
    /// <param name="watch">Told after every step: latents [B, N, C], those unknown 0, and the order of positions [B, N] with how many, its first, are masked.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>[B, N, C], scaled to unit deviation.</returns>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public Tensor Sample(Tensor labels, MaskedSampling sampling, Action<Tensor, Tensor, int>? watch = null, CancellationToken cancellation = default)
    {
        sampling.Check(positions);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(sampling.Seed, "latents"), labels.device);
        var order = rand([labels.shape[0], positions], generator: random, device: labels.device).argsort(1);
        var latents = zeros([labels.shape[0], positions, channels], device: labels.device);
        for (int step = 0, masked = positions; step < sampling.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var round = NewDisposeScope();
            var left = MaskSchedule.Left(masked, positions, step, sampling.Steps);
            var places = order.narrow(1, left, masked - left); // [B, M]
            var contexts = Contexts(latents, order, masked, ClassVectors(labels, drop: false));
            if (sampling.Guidance != 1)
            {
                var free = Contexts(latents, order, masked, noClass.expand(labels.shape[0], -1));
                contexts = free + MaskSchedule.Guidance(sampling.Guidance, left, positions) * (contexts - free);
            }
            var drawn = Head.Sample(At(contexts, places).flatten(0, 1), sampling.Temperature, random).view(labels.shape[0], -1, channels);
            latents.scatter_(1, places.unsqueeze(-1).expand(drawn.shape), drawn);
            masked = left;
            watch?.Invoke(latents, order, masked);
        }
        return latents.MoveToOuterDisposeScope();
    }

    // What the decoder says about every position. The first `masked` positions of the order are unknown. [B, N, d]
    private Tensor Contexts(Tensor seen, Tensor order, int masked, Tensor classVectors)
    {
        using var scope = NewDisposeScope();
        var (buffer, known) = (options.Buffer, order.narrow(1, masked, positions - masked)); // [B, K]

        var x = cat([classVectors.unsqueeze(1).expand(-1, buffer, -1), input.call(seen)], 1) + encoderPlaces; // [B, buffer + N, d]
        x = inputNorm.call(x);
        x = cat([x.narrow(1, 0, buffer), At(x.narrow(1, buffer, positions), known)], 1); // only what is known enters
        foreach (var block in encoder) x = block.call(x);
        x = middle.call(encoderNorm.call(x)); // [B, buffer + K, d]

        var grid = maskToken.expand(seen.shape[0], positions, -1);
        grid = grid.scatter(1, known.unsqueeze(-1).expand(-1, -1, options.Dim), x.narrow(1, buffer, known.shape[1]));
        x = cat([x.narrow(1, 0, buffer), grid], 1) + decoderPlaces;
        foreach (var block in decoder) x = block.call(x);
        return (decoderNorm.call(x).narrow(1, buffer, positions) + outputPlaces).MoveToOuterDisposeScope();
    }

    private Tensor ClassVectors(Tensor labels, bool drop)
    {
        using var scope = NewDisposeScope();
        var vectors = classTable.call(labels); // [B, d]
        if (drop) vectors = where(rand([labels.shape[0], 1], device: labels.device) < LabelDrop, noClass, vectors);
        return vectors.MoveToOuterDisposeScope();
    }

    // [B, N, X] at places [B, M] -> [B, M, X]
    private static Tensor At(Tensor vectors, Tensor places) => vectors.gather(1, places.unsqueeze(-1).expand(-1, -1, vectors.shape[2]));

    private void Register()
    {
        this.Register("class_emb", classTable);
        register_parameter("fake_latent", noClass);
        this.Register("z_proj", input);
        this.Register("z_proj_ln", inputNorm);
        register_parameter("encoder_pos_embed_learned", encoderPlaces);
        foreach (var (layer, block) in encoder.Index()) this.Register($"encoder_blocks.{layer}", block);
        this.Register("encoder_norm", encoderNorm);
        this.Register("decoder_embed", middle);
        register_parameter("mask_token", maskToken);
        register_parameter("decoder_pos_embed_learned", decoderPlaces);
        foreach (var (layer, block) in decoder.Index()) this.Register($"decoder_blocks.{layer}", block);
        this.Register("decoder_norm", decoderNorm);
        register_parameter("output_pos_embed", outputPlaces);
        register_module("head", Head);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
