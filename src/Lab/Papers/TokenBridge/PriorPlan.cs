using Lab.ImageTokenizers.Priors;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>
/// How priors are trained. Either every head has a masked backbone of its own, as in the paper, or the heads share a raster
/// backbone and are trained at once, which costs a fraction.
/// </summary>
/// <param name="Arms">Heads; on a shared backbone all of the same tokens.</param>
/// <param name="Steps">Batches.</param>
/// <param name="BatchSize">Grids in a batch.</param>
/// <param name="Samples">Pictures that are generated to be measured.</param>
public sealed record PriorPlan(IReadOnlyList<HeadArm> Arms, long Steps, int BatchSize, int Samples)
{
    /// <summary>The masked backbone; null: the raster one.</summary>
    public MaskedPriorOptions? Masked { get; init; }

    /// <summary>The raster backbone.</summary>
    public PriorOptions Raster { get; init; } = PriorOptions.Small;

    /// <summary>Of the autoregressive head.</summary>
    public ChannelArOptions Head { get; init; } = new(64, 1, 4) { Dropout = 0 };

    /// <summary>Positions per picture that a step asks the heads for: they cost more than the backbone.</summary>
    public int Asked { get; init; } = 16;

    /// <summary>Peak; linear to 0 over the last 40 % of the steps.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Of the quantizers.</summary>
    public double Range { get; init; } = 5;

    /// <summary>How pictures are generated.</summary>
    public MaskedSampling Sampling { get; init; } = new();

    private const double LabelDrop = 0.1;

    /// <summary>Width of the contexts.</summary>
    public int ContextDim => Masked?.Dim ?? Raster.Dim;

    /// <summary>Trains all arms. Those of one seed see the same grids in the same order.</summary>
    /// <param name="train">Latents of training pictures.</param>
    /// <param name="conditions">Classes.</param>
    /// <param name="order">Slow channels first.</param>
    /// <param name="seed">Of weights and of the order of grids.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>In the order of the arms; the modules are the caller's to dispose.</returns>
    public TrainedArms Train(
        LatentGrids train, int conditions, FrequencyOrder order, long seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        Masked is { } sizes ? TrainMasked(sizes, train, conditions, order, seed, progress, cancellation) : TrainShared(train, conditions, order, seed, progress, cancellation);

    private TrainedArms TrainMasked(
        MaskedPriorOptions sizes, LatentGrids train, int conditions, FrequencyOrder order, long seed, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (positions, channels) = ((int)train.Latents.shape[1], (int)train.Latents.shape[2]);
        var trained = new TrainedArms([], [], []);
        try
        {
            foreach (var arm in Arms)
            {
                var head = Seeded(seed, "head", () => arm.Make(channels, sizes.Dim, Range, Head, order));
                var prior = Seeded(seed, "backbone", () => new MaskedContinuousPrior(sizes, channels, positions, conditions, head)).OnDevice(train.Latents.device);
                trained.Modules.Add(prior);
                var watch = System.Diagnostics.Stopwatch.StartNew();
                Trainer.Run(prior, train.Draw(BatchSize, seed), batch => prior.Losses(batch.Latents, batch.Labels, Asked).mean(), Options($"{arm.Name}, seed {seed}", seed), null, progress, cancellation);
                trained.Priors.Add(new MaskedPrior(prior));
                trained.Seconds.Add(watch.Elapsed.TotalSeconds);
            }
            return trained;
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    private TrainedArms TrainShared(
        LatentGrids train, int conditions, FrequencyOrder order, long seed, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var (positions, channels) = ((int)train.Latents.shape[1], (int)train.Latents.shape[2]);
        var tokens = Arms[0].Tokens(channels, Range, order);
        var heads = new SharedHeads([.. Arms.Select(arm => Seeded(seed, "head", () => arm.MakeCodeHead(tokens, Raster.Dim, Head)))]);
        var prior = Seeded(seed, "backbone", () => new CausalPrior(Raster, positions, conditions, new DequantizedInput(tokens, Raster.Dim), heads));
        try
        {
            prior.OnDevice(train.Latents.device);
            var watch = System.Diagnostics.Stopwatch.StartNew();
            Trainer.Run(prior, train.Draw(BatchSize, seed), Loss, Options($"{Arms.Count} heads on one backbone, seed {seed}", seed), null, progress, cancellation);
            return new([prior], [.. Arms.Select((_, number) => new RasterPrior(prior, heads, number, tokens))], [.. Arms.Select(_ => watch.Elapsed.TotalSeconds)]);
        }
        catch
        {
            prior.Dispose();
            throw;
        }

        Tensor Loss(LatentBatch batch)
        {
            var codes = tokens.Of(batch.Latents.flatten(0, 1)).view(BatchSize, positions, -1);
            var labels = where(rand(batch.Labels.shape, device: batch.Labels.device) < LabelDrop, full_like(batch.Labels, prior.NoClass), batch.Labels);
            var contexts = prior.Contexts(codes, labels); // [B, N, D]
            var places = rand([BatchSize, positions], device: codes.device).argsort(1).narrow(1, 0, Math.Min(Asked, positions)).unsqueeze(-1); // [B, M, 1]
            return heads.Joint(contexts.gather(1, places.expand(-1, -1, contexts.shape[2])).flatten(0, 1), codes.gather(1, places.expand(-1, -1, codes.shape[2])).flatten(0, 1));
        }
    }

    private TrainingOptions Options(string name, long seed) => new(name, Steps, new(LearningRate) { DecaySteps = (long)(0.4 * Steps), Shape = DecayShape.Linear })
    {
        AdamW = new() { Beta1 = 0.9, Beta2 = 0.95, WeightDecay = 0.02 },
        ClipNorm = 1,
        Seed = seed,
    };

    private static T Seeded<T>(long seed, string part, Func<T> make)
    {
        using var generator = manual_seed(Seed.Derive(seed, part));
        return make();
    }
}

/// <summary>Trained priors. Owns the modules.</summary>
/// <param name="Modules">One per arm, or one that all share.</param>
/// <param name="Priors">In the order of the arms.</param>
/// <param name="Seconds">Of the training; where it is shared, of all.</param>
public sealed record TrainedArms(List<nn.Module> Modules, List<TrainedPrior> Priors, List<double> Seconds) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in Modules) module.Dispose();
    }
}
