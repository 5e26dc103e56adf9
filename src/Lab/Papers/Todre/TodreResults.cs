using Lab.VisionLanguage.Pruning;
using Lab.VisionLanguage.Recipes;

namespace Lab.Papers.Todre;

/// <summary>What became of a choice of tokens.</summary>
/// <param name="Result">Answers, patches that entered, cost.</param>
/// <param name="MeanCosine">Between the tokens that entered.</param>
public sealed record ChosenSet(PruneResult Result, double MeanCosine);

/// <summary>What became of removing the whole picture behind a layer.</summary>
/// <param name="Layer">1 .. L - 1.</param>
/// <param name="All">After all tokens had entered.</param>
/// <param name="Reduced">After ToDRE's choice of an eighth of them had.</param>
public sealed record LateDrop(int Layer, PruneResult All, PruneResult Reduced);

/// <summary>What became of a seed. Owns the model.</summary>
/// <param name="Seed">Of the model's weights and of choices at random.</param>
/// <param name="Trained">Frozen.</param>
/// <param name="Unpruned">With all tokens.</param>
/// <param name="Blind">Without any.</param>
/// <param name="Chosen">By method and number of tokens.</param>
/// <param name="Drops">Layer by layer.</param>
/// <param name="TextToVision">Share of the text's attention that goes to the picture, by layer, the last one left out.</param>
/// <param name="Fires">Share of samples for which the second stage's rule fires.</param>
public sealed record TodreRun(
    long Seed, TrainedVlm Trained, PruneResult Unpruned, PruneResult Blind, IReadOnlyDictionary<(string Method, int Keep), ChosenSet> Chosen, IReadOnlyList<LateDrop> Drops,
    IReadOnlyList<double> TextToVision, double Fires) : PrunedModel(Seed, Trained, Unpruned, Blind)
{
    /// <summary>What became of a method.</summary>
    /// <param name="method">Which.</param>
    /// <param name="keep">Tokens that entered.</param>
    public ChosenSet Of(SelectionMethod method, int keep) => Chosen[(method.Name, keep)];

    /// <summary>In %, of a method.</summary>
    /// <param name="method">Which.</param>
    /// <param name="keep">Tokens that entered.</param>
    public double Accuracy(SelectionMethod method, int keep) => Accuracy(Of(method, keep).Result);
}

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">That was run.</param>
/// <param name="Runs">One per seed.</param>
public sealed record TodreResults(TodreExperiment Experiment, IReadOnlyList<TodreRun> Runs) : IDisposable
{
    private const string StillReads =
        "A decoder of eight layers still reads the picture in its seventh: about 60 % of the text's attention goes to it there, where the paper's rule asks for less than 10 %. Information does not migrate to the text in so few layers, as the plan of this reproduction expected.";

    /// <summary>The paper's claims beside what was measured. Without verdict where a model does not pass its gate.</summary>
    /// <remarks>Source: tables 1, 4 and 5 and appendix tables 1 to 3 of arXiv 2505.18757; margins as the specification of this reproduction sets them.</remarks>
    public Claims Claims()
    {
        var (full, gate) = (Experiment.IsFull, Runs.All(run => run.PassesGate));
        var (ours, attention, random) = (SelectionMethod.Ours, SelectionMethod.ClassAttention, SelectionMethod.Random);
        var (quarter, eighth) = (TodreExperiment.Keeps[0], TodreExperiment.Keeps[1]);
        int[] both = [quarter, eighth];
        var late = TodrePruner.LateLayer(Experiment.Recipe.Model.Depth);
        var spread = full ? 2.0 : 4.0;
        return new("todre",
        [
            Of("Kept tokens are less alike than with class attention and at random", "redundancy inside vision", "of the cosine, worse of 25 and 12.5 %", 0,
                run => both.Min(keep => Math.Min(run.Of(attention, keep).MeanCosine, run.Of(random, keep).MeanCosine) - run.Of(ours, keep).MeanCosine)),
            Of("More objects keep a patch than at random", "redundancy inside vision", "points, worse of 25 and 12.5 %", 10, run => both.Min(keep => Coverage(run, ours, keep) - Coverage(run, random, keep))),
            Of("25 %: ahead of a choice at random", "98.2 % of the performance", "points", 5, run => run.Accuracy(ours, quarter) - run.Accuracy(random, quarter)),
            Of("12.5 %: ahead of class attention", "95.0 against 91.4 % (FasterVLM) at 10 %", "points", full ? 1 : null, run => run.Accuracy(ours, eighth) - run.Accuracy(attention, eighth), (2 * Runs.Count + 2) / 3),
            Of("25 %: class attention", "98.2 against 96.0 % (FasterVLM)", "points", null, run => run.Accuracy(ours, quarter) - run.Accuracy(attention, quarter)),
            Of($"25 %: the pivot changes at most {spread} points", "0.4 points (96.0 to 95.6 %)", "points to spare", 0, run => spread - Range(SelectionMethod.Pivots.Select(pivot => run.Accuracy(pivot, quarter)))),
            Of("Dropping the picture later never costs more than 3 points more", "87.9, 96.2, 98.3, 100.0 %", "points to spare, worst layer", 0, run => 3 + run.Drops.Zip(run.Drops.Skip(1)).Select(pair => run.Accuracy(pair.Second.All) - run.Accuracy(pair.First.All)).DefaultIfEmpty(0).Min()),
            Of("Dropping it late keeps more than behind layer 1", "100.0 against 87.9 %", "points", 10, run => run.Accuracy(run.Drops[late - 1].All) - run.Accuracy(run.Drops[0].All)),
            Of("Dropping it behind seven eighths of the layers costs at most 1.5 points", "100.0 %", "points to spare", full ? 0 : null, run => 1.5 - (run.Accuracy(run.Unpruned) - run.Accuracy(run.Drops[late - 1].All)), reason: StillReads),
            new("12.5 %: the decoder needs at least 70 % fewer operations", "31.4 to 6.0 TFLOPs at 10 %", [1 - Operations(Runs[0].Of(ours, eighth).Result) - 0.7], "to spare") { Required = 0 },
            new("The second stage saves more", "96.0 % in 29:43 instead of 95.8 % in 31:18", [Operations(Runs[0].Of(ours, eighth).Result) - Operations(Runs[0].Drops[late - 1].Reduced)], "of the decoder's operations") { Required = 1e-6 },
            new($"The rule of the second stage fires (τ = {FormattableString.Invariant($"{Experiment.Threshold}")})", "text no longer looks at the picture", [.. Runs.Select(run => run.Fires)], "of the samples"),
        ]);

        Claim Of(string name, string reported, string unit, double? required, Func<TodreRun, double> margin, int? seeds = null, string? reason = null)
        {
            var judged = gate && required is not null;
            return new(name, reported, [.. Runs.Select(margin)], unit) { Required = judged ? required : null, SeedsRequired = judged ? seeds : null, NotReproduced = judged ? reason : null };
        }
    }

    /// <summary>Operations of the decoder as a share of those with all tokens.</summary>
    /// <param name="result">Of the first seed.</param>
    public double Operations(PruneResult result) => result.Cost!.Value.Decoder / Runs[0].Unpruned.Cost!.Value.Decoder;

    /// <summary>Share of objects with at least one kept patch, in %.</summary>
    /// <param name="run">Of a seed.</param>
    /// <param name="method">Which.</param>
    /// <param name="keep">Tokens that entered.</param>
    public static double Coverage(TodreRun run, SelectionMethod method, int keep) => 100 * run.Of(method, keep).Result.Entered.ObjectCoverage;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private static double Range(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return all.Max() - all.Min();
    }
}
