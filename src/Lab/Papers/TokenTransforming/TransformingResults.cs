using Lab.Data;
using Lab.Nn;
using Lab.Tokens;
using Lab.Training;

namespace Lab.Papers.TokenTransforming;

/// <summary>What became of a method by a plan.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Plan">Null: all tokens.</param>
/// <param name="Validation">Accuracy in % where temperatures are chosen.</param>
/// <param name="Test">Accuracy in % on other pictures.</param>
/// <param name="Macs">Multiply-adds of one picture, those of the reduction itself not counted.</param>
public sealed record ReducedScore(string Method, ReductionPlan? Plan, double Validation, double Test, long Macs)
{
    /// <summary>Of transforming.</summary>
    public double? Temperature { get; init; }

    /// <summary>Multiply-adds of the reduction itself.</summary>
    public long ReducerMacs { get; init; }
}

/// <summary>What became of a seed. Owns the models.</summary>
/// <param name="Seed">Of weights, order and pruning at random.</param>
/// <param name="Model">Frozen.</param>
/// <param name="History">Of its training.</param>
/// <param name="FromCache">That was long ago.</param>
/// <param name="Unreduced">With all tokens.</param>
/// <param name="Scores">Plan by plan, method by method.</param>
/// <param name="Dense">Segmentation, if it is part of the experiment.</param>
public sealed record TransformingRun(
    long Seed, VisionTransformer Model, IReadOnlyList<TrainingProgress> History, bool FromCache, ReducedScore Unreduced, IReadOnlyList<ReducedScore> Scores, DenseRun? Dense) : IDisposable
{
    /// <summary>What became of a method.</summary>
    /// <param name="plan">Where tokens are reduced.</param>
    /// <param name="method">How.</param>
    public ReducedScore Of(ReductionPlan plan, TransformingMethod method) => Scores.Single(score => score.Plan == plan && score.Method == method.Name);

    /// <summary>Transforming with even targets, at the candidate temperature that is best on the validation pictures.</summary>
    /// <param name="plan">Where tokens are reduced.</param>
    public ReducedScore Chosen(ReductionPlan plan) =>
        TransformingExperiment.Candidates.Select(temperature => Of(plan, TransformingMethod.Soft(temperature))).MaxBy(score => score.Validation)!;

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Dense?.Dispose();
    }
}

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">That was run.</param>
/// <param name="Runs">One per seed.</param>
/// <param name="Normalization">That the models' inputs went through.</param>
public sealed record TransformingResults(TransformingExperiment Experiment, IReadOnlyList<TransformingRun> Runs, Normalization Normalization) : IDisposable
{
    /// <summary>The paper's claims beside what was measured.</summary>
    /// <param name="latencies">Of the main plan.</param>
    /// <remarks>Source: abstract of arXiv 2506.05709; margins as the specification of this reproduction sets them.</remarks>
    public Claims Claims(IReadOnlyList<ReducedLatency> latencies)
    {
        var (full, main) = (Experiment.IsFull, Experiment.Main);
        var twoOfThree = (2 * Runs.Count + 2) / 3;
        Claim?[] claims =
        [
            new("About 40 % fewer operations cost at most 3 points", "-0.1 points for 40 % (DeiT-S, ImageNet)", [.. Runs.Select(run => 3 + run.Chosen(main).Test - run.Unreduced.Test)], "points to spare")
            { Required = 0, SeedsRequired = twoOfThree },
            Ahead($"Transforming beats attention pruning ({main})", main, TransformingMethod.Attention, full ? 1 : 5),
            full ? null : Ahead($"Transforming beats attention pruning ({Experiment.Plans[^1]})", Experiment.Plans[^1], TransformingMethod.Attention, 2),
            Ahead($"Transforming beats fusing as in EViT ({main})", main, TransformingMethod.Fusing, full ? null : 3),
            Ahead($"Transforming against pruning at random ({main})", main, TransformingMethod.Random, null),
            new($"Transforming is no worse than exclusive merging by more than 1.5 points ({main})", "better than exclusive methods",
                [.. Runs.Select(run => 1.5 + run.Chosen(main).Test - Math.Max(run.Of(main, TransformingMethod.Hard).Test, run.Of(main, TransformingMethod.Merging).Test))], "points to spare")
            { Required = 0, SeedsRequired = twoOfThree },
            Runs[0].Dense is null ? null : new("Dense answers: transforming back beats the nearest copy after pruning", "also on segmentation, detection, depth", [.. Runs.Select(run => run.Dense!.Chosen.Test - run.Dense.Pruned.Test)], "points of mean IoU") { Required = 3 },
            new("Time falls with the operations", "1.5 times as fast for 40 % less", [0.85 - latencies.Single(latency => latency.Method == TransformingMethod.Soft(0.05).Name).Share], "of the time to spare below 0.85")
            { Required = full ? 0 : null },
        ];
        return new("token-transforming", [.. claims.OfType<Claim>()]);

        Claim Ahead(string name, ReductionPlan plan, TransformingMethod other, double? required) =>
            new(name, "many-to-many loses less", [.. Runs.Select(run => run.Chosen(plan).Test - run.Of(plan, other).Test)], "points") { Required = required, SeedsRequired = required is null ? null : twoOfThree };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }
}
