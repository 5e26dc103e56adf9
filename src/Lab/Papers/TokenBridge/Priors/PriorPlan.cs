using System.Text.Json;
using Lab.ImageTokenizers.Priors;
using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

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
    private const double LabelDrop = 0.1; // so that guidance has something to lead away from

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

    /// <summary>Trains all arms, or takes them from the cache. Those of one seed see the same grids in the same order.</summary>
    /// <param name="train">Latents of training pictures.</param>
    /// <param name="latents">All that decides the latents, as text.</param>
    /// <param name="conditions">Classes.</param>
    /// <param name="order">Slow channels first.</param>
    /// <param name="seed">Of weights and of the order of grids.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>In the order of the arms; the modules are the caller's to dispose.</returns>
    public TrainedArms Train(
        LatentGrids train, string latents, int conditions, FrequencyOrder order, long seed, ModelCache? cache = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (positions, channels) = ((int)train.Latents.shape[1], (int)train.Latents.shape[2]);
        cache ??= ModelCache.Default;
        var trained = new TrainedArms([], [], []);
        try
        {
            if (Masked is { } sizes)
                foreach (var arm in Arms) AddMasked(arm, sizes);
            else AddShared();
            return trained;
        }
        catch
        {
            trained.Dispose();
            throw;
        }

        void AddMasked(HeadArm arm, MaskedPriorOptions sizes)
        {
            var head = Seeded(seed, "head", () => arm.Make(channels, sizes.Dim, Range, Head, order));
            var prior = Seeded(seed, "backbone", () => new MaskedContinuousPrior(sizes, channels, positions, conditions, head)).OnDevice(train.Latents.device);
            Add($"{arm.Name}, seed {seed}", prior, [arm], batch => prior.Losses(batch.Latents, batch.Labels, Asked).mean());
            trained.Priors.Add(new MaskedPrior(prior));
        }

        void AddShared()
        {
            var tokens = Arms[0].Tokens(channels, Range, order);
            var heads = new SharedHeads([.. Arms.Select(arm => Seeded(seed, "head", () => arm.MakeCodeHead(tokens, Raster.Dim, Head)))]);
            var prior = Seeded(seed, "backbone", () => new CausalPrior(Raster, positions, conditions, new DequantizedInput(tokens, Raster.Dim), heads)).OnDevice(train.Latents.device);
            Add($"{Arms.Count} heads on one backbone, seed {seed}", prior, Arms, batch => JointLoss(prior, heads, tokens, batch));
            trained.Priors.AddRange(Arms.Select((_, number) => new RasterPrior(prior, heads, number, tokens)));
        }

        void Add(string name, nn.Module prior, IReadOnlyList<HeadArm> arms, Func<LatentBatch, Tensor> loss)
        {
            var key = Key(arms, latents, conditions, seed, train.Labels);
            var (history, fromCache) = cache.LoadOrTrain(prior, key, () => Trainer.Run(prior, train.Draw(BatchSize, seed), loss, Options(name, seed), null, progress, cancellation), progress);
            trained.Modules.Add(prior);
            trained.Trainings.AddRange(arms.Select(_ => new PriorTraining(history, fromCache)));
        }
    }

    private Tensor JointLoss(CausalPrior prior, SharedHeads heads, ChannelTokens tokens, LatentBatch batch)
    {
        using var scope = NewDisposeScope();
        var (count, positions) = (batch.Latents.shape[0], batch.Latents.shape[1]);
        var codes = tokens.Of(batch.Latents.flatten(0, 1)).view(count, positions, -1);
        var labels = where(rand(batch.Labels.shape, device: batch.Labels.device) < LabelDrop, full_like(batch.Labels, prior.NoClass), batch.Labels);
        var contexts = prior.Contexts(codes, labels); // [B, N, D]
        var places = rand([count, positions], device: codes.device).argsort(1).narrow(1, 0, Math.Min(Asked, positions)).unsqueeze(-1); // [B, M, 1]
        return heads.Joint(contexts.gather(1, places.expand(-1, -1, contexts.shape[2])).flatten(0, 1), codes.gather(1, places.expand(-1, -1, codes.shape[2])).flatten(0, 1))
            .MoveToOuterDisposeScope();
    }

    /// <summary>All that decides the weights; how pictures are generated does not.</summary>
    private string Key(IReadOnlyList<HeadArm> arms, string latents, int conditions, long seed, Tensor labels) => JsonSerializer.Serialize(new
    {
        kind = "tokenbridge prior",
        arms = arms.Select(arm => arm with { Name = "" }),
        diffusion = arms.Select(arm => arm.Diffusion.ToString()),
        latents,
        pictures = labels.shape[0],
        conditions,
        Masked,
        raster = Masked is null ? Raster : null,
        Head,
        Steps,
        BatchSize,
        Asked,
        LearningRate,
        Range,
        seed,
        device = labels.device_type.ToString(),
        torch = __version__,
        code = SourceHash.Of("Nn", "Training", "Data", "Quantization", "ImageTokenizers", "Papers/TokenBridge/Priors"),
    });

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

/// <summary>How a prior was trained.</summary>
/// <param name="History">Of the training; of all heads together where they share a backbone.</param>
/// <param name="FromCache">Trained earlier.</param>
public sealed record PriorTraining(IReadOnlyList<TrainingProgress> History, bool FromCache);

/// <summary>Trained priors. Owns the modules.</summary>
/// <param name="Modules">One per arm, or one that all share.</param>
/// <param name="Priors">In the order of the arms.</param>
/// <param name="Trainings">In the order of the arms.</param>
public sealed record TrainedArms(List<nn.Module> Modules, List<TrainedPrior> Priors, List<PriorTraining> Trainings) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in Modules) module.Dispose();
    }
}
