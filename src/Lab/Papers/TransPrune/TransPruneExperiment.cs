using Lab.Runtime;
using Lab.Training;
using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using Lab.VisionLanguage.Recipes;
using static TorchSharp.torch;

namespace Lab.Papers.TransPrune;

/// <summary>A schedule with a name.</summary>
/// <param name="Name">E.g. <c>High</c>.</param>
/// <param name="Schedule">Where tokens are pruned.</param>
public sealed record NamedSchedule(string Name, PruneSchedule Schedule);

/// <summary>One way to rank tokens in the comparison.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Create">Makes the pruner for a schedule and a seed.</param>
public sealed record RankingMethod(string Name, Func<PruneSchedule, long, IPruner> Create);

/// <summary>The reproduction: a small vision-language model is trained and frozen; every method prunes its visual tokens by the same schedules, so at equal cost.</summary>
/// <param name="IsFull">Decides which claims get a verdict.</param>
/// <param name="Recipe">Of the model.</param>
/// <param name="Questions">Asked of every method.</param>
/// <param name="Schedules">High, Low and Harsh.</param>
public sealed record TransPruneExperiment(bool IsFull, VlmRecipe Recipe, int Questions, IReadOnlyList<NamedSchedule> Schedules)
{
    /// <summary>Weight of the transitions.</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>How directions count.</summary>
    public TransitionVariant Variant { get; init; }

    /// <summary>What becomes of positions when tokens go.</summary>
    public Positions Positions { get; init; } = Positions.Keep;

    /// <summary>Some tens of seconds on two cores.</summary>
    public static TransPruneExperiment Quick { get; } = new(false, VlmRecipe.SQuick, 384, Named(PruneSchedule.SmallHigh, PruneSchedule.SmallLow, PruneSchedule.SmallHarsh));

    /// <summary>Eight layers, ten types of questions, for minutes per seed.</summary>
    public static TransPruneExperiment Full { get; } = new(true, VlmRecipe.MFull, 2_048, Named(PruneSchedule.MediumHigh, PruneSchedule.MediumLow, PruneSchedule.MediumHarsh));

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static TransPruneExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>The paper's method.</summary>
    public RankingMethod Ours => new("TTV + IGA", (schedule, _) => new TransPruner("TTV + IGA", schedule) { Alpha = Alpha, Variant = Variant });

    /// <summary>Transitions alone, which never see the question.</summary>
    public RankingMethod Transitions => new("TTV alone", (schedule, _) => new TransPruner("TTV alone", schedule) { Alpha = 1, Variant = Variant });

    /// <summary>The instruction's attention alone.</summary>
    public static RankingMethod Instruction { get; } = new("IGA alone", (schedule, _) => new TransPruner("IGA alone", schedule) { Alpha = 0 });

    /// <summary>The attention of the prompt's last word.</summary>
    public RankingMethod FastV => new("FastV", (schedule, _) => Pruners.FastV(Steps(schedule)));

    /// <summary>No ranking.</summary>
    public RankingMethod Random => new("random", (schedule, seed) => Pruners.Random(Steps(schedule), seed));

    /// <summary>All methods; the last four are the paper's ablations.</summary>
    public IReadOnlyList<RankingMethod> Methods =>
    [
        Ours, Transitions, Instruction, FastV, Random,
        new("IGA + direction", (schedule, _) => new TransPruner("IGA + direction", schedule) { Alpha = Alpha, Variant = Variant, Quantity = TransitionQuantity.Direction }),
        new("IGA + magnitude", (schedule, _) => new TransPruner("IGA + magnitude", schedule) { Alpha = Alpha, Variant = Variant, Quantity = TransitionQuantity.Magnitude }),
        new("no accumulation", (schedule, _) => new TransPruner("no accumulation", schedule) { Alpha = Alpha, Variant = Variant, Accumulates = false }),
        new("accumulated from layer 1", (schedule, _) => new TransPruner("accumulated from layer 1", schedule with { Accumulated = [.. Enumerable.Range(1, schedule.Pruned[^1])] }) { Alpha = Alpha, Variant = Variant }),
    ];

    /// <summary>Trains the model with every seed, or takes it from the cache, and prunes its tokens in all ways.</summary>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step or method.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, or a schedule that does not suit the model.</exception>
    public TransPruneResults Run(
        IReadOnlyList<long> seeds, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        using var thread = IsFull ? null : new OneThread();
        foreach (var named in Schedules) named.Schedule.Check(Recipe.Model.Depth);
        return new(this, Runs.All(seeds.Select(seed => RunOne(seed, new(device ?? CPU, cache ?? ModelCache.Default, progress, cancellation)))));
    }

    private TransPruneRun RunOne(long seed, TrainingPlace place)
    {
        var trained = TinyVlmStore.GetOrTrain(Recipe, seed, place.Device, place.Cache, progress: place.Progress, cancellation: place.Cancellation);
        try
        {
            using var harness = PruneHarness.Of(trained.Model, Recipe.LanguageSet, Questions);
            var pruned = from named in Schedules
                         from method in Methods
                         select (named.Name, Method: method.Name, Result: Ask(method.Create(named.Schedule, Seed.Derive(seed, "pruning"))));
            return new(seed, trained, Ask(Pruners.None), Ask(Pruners.Blind), pruned.ToDictionary(one => (one.Name, one.Method), one => one.Result));

            PruneResult Ask(IPruner pruner)
            {
                place.Cancellation.ThrowIfCancellationRequested();
                return harness.Run(pruner, Execution.Gather, Positions);
            }
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    private PruneStep[] Steps(PruneSchedule schedule) => [.. schedule.Pruned.Zip(schedule.Keep(Recipe.Model.Patches), (layer, keep) => new PruneStep(layer, keep))];

    private static NamedSchedule[] Named(PruneSchedule high, PruneSchedule low, PruneSchedule harsh) => [new("High", high), new("Low", low), new("Harsh", harsh)];
}
