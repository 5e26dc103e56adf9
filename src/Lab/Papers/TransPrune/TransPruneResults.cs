using Lab.VisionLanguage.Pruning;
using Lab.VisionLanguage.Recipes;

namespace Lab.Papers.TransPrune;

/// <summary>What became of a seed. Owns the model.</summary>
/// <param name="Seed">Of the model's weights and of pruning at random.</param>
/// <param name="Trained">Frozen.</param>
/// <param name="Unpruned">With all tokens.</param>
/// <param name="Blind">Without any.</param>
/// <param name="Pruned">By schedule and method.</param>
public sealed record TransPruneRun(
    long Seed, TrainedVlm Trained, PruneResult Unpruned, PruneResult Blind, IReadOnlyDictionary<(string Schedule, string Method), PruneResult> Pruned) : PrunedModel(Seed, Trained, Unpruned, Blind)
{
    /// <summary>In %, by schedule and method.</summary>
    /// <param name="schedule">Its name.</param>
    /// <param name="method">Its name.</param>
    public double Accuracy(string schedule, string method) => Accuracy(Pruned[(schedule, method)]);

    /// <summary>Share of the finally kept tokens that lie on an object, in %.</summary>
    /// <param name="schedule">Its name.</param>
    /// <param name="method">Its name.</param>
    public double HitRate(string schedule, string method) => 100 * Pruned[(schedule, method)].Left.ObjectHitRate;
}

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">That was run.</param>
/// <param name="Runs">One per seed.</param>
public sealed record TransPruneResults(TransPruneExperiment Experiment, IReadOnlyList<TransPruneRun> Runs) : IDisposable
{
    private string[] Schedules => [.. Experiment.Schedules.Select(named => named.Name)];

    /// <summary>The cost of the visual tokens by a schedule, as a share of that without pruning.</summary>
    /// <param name="named">The schedule.</param>
    public double CostShare(NamedSchedule named)
    {
        var model = Experiment.Recipe.Model;
        return CostModel.Tiny(model.Depth, model.Dim).Share(named.Schedule, model.Patches);
    }

    /// <summary>The paper's claims beside what was measured. Without verdict where a model does not pass its gate.</summary>
    /// <remarks>Source: tables 1, 7, 9 and 12 of arXiv 2507.20630; margins as the specification of this reproduction sets them.</remarks>
    public Claims Claims()
    {
        var (full, gate) = (Experiment.IsFull, Runs.All(run => run.PassesGate));
        var (ours, transitions, instruction, fastV, random) =
            (Experiment.Ours.Name, Experiment.Transitions.Name, TransPruneExperiment.Instruction.Name, TransPruneExperiment.FastV.Name, TransPruneExperiment.Random.Name);
        var (most, drop) = full ? (0.5, 2.0) : (0.65, 4.0);
        var twoOfThree = (2 * Runs.Count + 2) / 3;
        return new("transprune",
        [
            Of($"High: at most {drop} points are lost", "100.0 % of the accuracy at 40.8 % of the operations", "points to spare", 0, run => drop - (run.Accuracy(run.Unpruned) - run.Accuracy("High", ours))),
            new($"High: visual tokens cost at most {100 * most:F0} %", "40.8 %", [100 * (most - CostShare(Experiment.Schedules[0]))], "% to spare") { Required = 0 },
            Of("Transitions alone find objects, without the question", "TTV alone: 82.1 on POPE of 85.9", "points of object hit rate ahead of random", 30, run => run.HitRate("High", transitions) - run.HitRate("High", random)),
            Of("Low: ahead of ranking at random", "98.4 %", "points", 5, run => run.Accuracy("Low", ours) - run.Accuracy("Low", random)),
            Of("Harsh: transitions alone lose to both together", "TextVQA 50.9 against 57.8", "points", full ? 2 : null, run => run.Accuracy("Harsh", ours) - run.Accuracy("Harsh", transitions)),
            Of("Adding transitions to attention never costs more than 2 points", "+26 on MME", "points to spare, worst schedule", full ? 0 : null, run => Schedules.Min(name => 2 + run.Accuracy(name, ours) - run.Accuracy(name, instruction)), twoOfThree),
            Of("No worse than FastV by more than 2 points", "97.8 % at 2.01 T, ours 100.0 % at 1.56 T", "points to spare, worst schedule", full ? 0 : null, run => Schedules.Min(name => 2 + run.Accuracy(name, ours) - run.Accuracy(name, fastV))),
            Of("More of what is kept lies on objects than with FastV", "no position bias", "points, worst schedule", full ? 20 : null, run => Schedules.Min(name => run.HitRate(name, ours) - run.HitRate(name, fastV))),
            Of("Kept positions are nearer to where objects are than FastV's", "no position bias", "of total variation nearer, worst schedule", full ? 0 : null, run => Schedules.Min(name => PositionBias(run, name, fastV) - PositionBias(run, name, ours))),
        ]);

        Claim Of(string name, string reported, string unit, double? required, Func<TransPruneRun, double> margin, int? seeds = null) =>
            new(name, reported, [.. Runs.Select(margin)], unit) { Required = gate ? required : null, SeedsRequired = gate && required is not null ? seeds : null };
    }

    /// <summary>How far the places of kept tokens are from those of objects: total variation of both distributions over the raster.</summary>
    /// <param name="run">Of a seed.</param>
    /// <param name="schedule">Its name.</param>
    /// <param name="method">Its name.</param>
    public static double PositionBias(TransPruneRun run, string schedule, string method)
    {
        var left = run.Pruned[(schedule, method)].Left;
        var (kept, objects) = (Distribution(left.Profile), Distribution(ObjectCoverage(left)));
        return kept.Zip(objects, (a, b) => Math.Abs(a - b)).Sum() / 2;
    }

    /// <summary>How often every patch of the raster shows an object.</summary>
    /// <param name="patches">Of some samples.</param>
    public static double[] ObjectCoverage(KeptPatches patches) =>
        [.. Enumerable.Range(0, patches.Objects[0].Length).Select(patch => patches.Objects.Average(sample => sample[patch] > 0 ? 1.0 : 0))];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private static double[] Distribution(IReadOnlyList<double> values) => [.. values.Select(value => value / values.Sum())];
}
