using Lab.Runtime;
using Lab.Tokens;
using Lab.Training;
using Lab.VisionLanguage.Pruning;
using Lab.VisionLanguage.Recipes;
using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>One way to choose the tokens that enter.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Create">Makes the pruner for a number of tokens and a seed.</param>
public sealed record SelectionMethod(string Name, Func<int, long, IPruner> Create)
{
    /// <summary>ToDRE's first stage with a pivot and a rule.</summary>
    /// <param name="rule">What diverse means.</param>
    /// <param name="pivot">The token to begin with.</param>
    public static SelectionMethod Diverse(DiversityRule rule, Pivot pivot)
    {
        var name = $"{(rule == DiversityRule.MaxSum ? "max-sum" : "k-centre")}, {$"{pivot}".ToLowerInvariant()} pivot";
        return new(name, (keep, seed) => new TodrePruner(name, keep) { Rule = rule, Pivot = pivot, Seed = seed });
    }

    /// <summary>The paper's: version 2's rule, from the class token's favourite.</summary>
    public static SelectionMethod Ours { get; } = Diverse(DiversityRule.MaxSum, Pivot.Class);

    /// <summary>The same from other pivots: the paper's ablation, and ours first.</summary>
    public static IReadOnlyList<SelectionMethod> Pivots { get; } = [.. Enum.GetValues<Pivot>().Select(pivot => Diverse(DiversityRule.MaxSum, pivot))];

    /// <summary>Those that the class token looks at most.</summary>
    public static SelectionMethod ClassAttention { get; } = new("class attention", (keep, _) => Pruners.ClassAttention(keep));

    /// <summary>At random.</summary>
    public static SelectionMethod Random { get; } = new("random", Pruners.Random);

    /// <summary>All.</summary>
    public static IReadOnlyList<SelectionMethod> All { get; } =
    [
        .. Pivots, Diverse(DiversityRule.KCenter, Pivot.Class), new("DivPrune", (keep, _) => Pruners.DivPrune(keep)), ClassAttention, new("uniform grid", (keep, _) => Pruners.Grid(keep)), Random,
    ];
}

/// <summary>The reproduction: a small vision-language model is trained and frozen; few of its visual tokens enter the decoder, chosen in many ways, and all go behind a layer.</summary>
/// <param name="IsFull">Decides which claims get a verdict.</param>
/// <param name="Recipe">Of the model.</param>
/// <param name="Questions">Asked of every method.</param>
public sealed record TodreExperiment(bool IsFull, VlmRecipe Recipe, int Questions)
{
    /// <summary>Tokens that enter: 25 %, 12.5 % and about 10 % of 64.</summary>
    public static IReadOnlyList<int> Keeps { get; } = [16, 8, 6];

    /// <summary>Of the second stage.</summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Some tens of seconds on two cores.</summary>
    public static TodreExperiment Quick { get; } = new(false, VlmRecipe.SQuick, 384);

    /// <summary>Eight layers, ten types of questions, for minutes per seed.</summary>
    public static TodreExperiment Full { get; } = new(true, VlmRecipe.MFull, 2_048);

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static TodreExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>Trains the model with every seed, or takes it from the cache, and removes tokens in all ways.</summary>
    /// <param name="seeds">At least one.</param>
    /// <param name="device">The CPU when null.</param>
    /// <param name="cache">The user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step or method.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed.</exception>
    public TodreResults Run(
        IReadOnlyList<long> seeds, Device? device = null, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        using var thread = IsFull ? null : new OneThread();
        return new(this, Runs.All(seeds.Select(seed => RunOne(seed, new(device ?? CPU, cache ?? ModelCache.Default, progress, cancellation)))));
    }

    private TodreRun RunOne(long seed, TrainingPlace place)
    {
        var trained = TinyVlmStore.GetOrTrain(Recipe, seed, place.Device, place.Cache, progress: place.Progress, cancellation: place.Cancellation);
        try
        {
            using var harness = PruneHarness.Of(trained.Model, Recipe.LanguageSet, Questions);
            var watcher = new AttentionWatcher();
            var unpruned = Ask(watcher);
            var chosen = from method in SelectionMethod.All
                         from keep in Keeps
                         select (method.Name, keep, Set: Choose(method.Create(keep, Seed.Derive(seed, "pruning"))));
            return new(
                seed, trained, unpruned, Ask(Pruners.Blind), chosen.ToDictionary(one => (one.Name, one.keep), one => one.Set),
                [.. Enumerable.Range(1, trained.Model.Decoder.Depth - 1).Select(layer => new LateDrop(layer, Ask(new DropBehind(layer, null)), Ask(new DropBehind(layer, Keeps[1]))))],
                watcher.TextToVision, watcher.Below(Threshold, TodrePruner.LateLayer(trained.Model.Decoder.Depth)));

            PruneResult Ask(IPruner pruner)
            {
                place.Cancellation.ThrowIfCancellationRequested();
                return harness.Run(pruner);
            }

            ChosenSet Choose(IPruner pruner)
            {
                var likeness = new LikenessWatcher(pruner);
                return new(Ask(likeness), likeness.MeanCosine);
            }
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    // All tokens, or ToDRE's choice of some, and none behind a layer.
    private sealed class DropBehind(int layer, int? keep) : IPruner
    {
        private readonly TodrePruner first = new("", keep);

        public string Name => $"none behind layer {layer}";

        public Tensor? AtInput(PruneInput input) => first.AtInput(input);

        public Tensor? AfterLayer(DecoderPass pass) => pass.Layer == layer ? zeros(pass.Sequence.Patches.shape, ScalarType.Bool, pass.Sequence.Tokens.device) : null;
    }

    // Keeps all tokens and reads the attention of every layer but the last.
    private sealed class AttentionWatcher : IPruner
    {
        private readonly SortedDictionary<int, List<float>> shares = []; // layer -> a share per sample

        public string Name => "all tokens";

        public IReadOnlyList<double> TextToVision => [.. shares.Values.Select(layer => layer.Average(share => (double)share))];

        public double Below(double threshold, int layer) => shares[layer].Average(share => share < threshold ? 1.0 : 0);

        public Tensor? AfterLayer(DecoderPass pass)
        {
            using var scope = NewDisposeScope();
            if (!shares.TryGetValue(pass.Layer, out var layer)) shares[pass.Layer] = layer = [];
            layer.AddRange(CrossModalRatio.Of(pass.Layers[^1]).TextToVision.cpu().data<float>());
            return null;
        }
    }

    // Measures how alike the tokens are that a pruner lets in.
    private sealed class LikenessWatcher(IPruner pruner) : IPruner
    {
        private readonly List<double> batches = [];

        public string Name => pruner.Name;

        public double MeanCosine => batches.Average();

        public Tensor? AtInput(PruneInput input)
        {
            var kept = pruner.AtInput(input)!;
            batches.Add(Redundancy.MeanCosine(input.Visual, kept));
            return kept;
        }

        public Tensor? AfterLayer(DecoderPass pass) => pruner.AfterLayer(pass);
    }
}
