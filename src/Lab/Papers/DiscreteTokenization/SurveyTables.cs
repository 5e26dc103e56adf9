using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>The notebook's tables.</summary>
public static class SurveyTables
{
    /// <summary>What the experiment will do.</summary>
    /// <param name="plan">The experiment.</param>
    public static DataFrame Plan(SurveyExperiment plan)
    {
        (string Part, string What)[] rows =
        [
            ("A: vectors", $"{string.Join(" and ", plan.Vectors.Select(v => $"{v.Bits:F0} bits ({v.Books} x {v.BookSize})"))}{(plan.IsFull ? "; patches of pictures at 64 bits" : "")}"),
            ("B: pictures", $"{plan.Arms.Count} bottlenecks in {plan.Config.Name}, {plan.Recipe.Steps} steps of {plan.Recipe.BatchSize} pictures"),
            ("B: generation", $"{plan.Generation.Arms.Count} priors of width {plan.Generation.Sizes.Dim}, {plan.Generation.Recipe.Steps} steps of {plan.Generation.Recipe.BatchSize} grids, {plan.Generation.Samples} pictures from each"),
            ("C: graph", $"{plan.Graph.Entities} entities, {plan.Graph.AnchorCount} anchors, {plan.Graph.PerEntity} of them and {plan.Graph.RelationsPerEntity} relations in a code, {plan.Graph.Steps} steps{(plan.Graph.Starts > 1 ? $", the best of {plan.Graph.Starts} starts" : "")}"),
        ];
        return new(Words("part", rows, row => row.Part), Words("what", rows, row => row.What));
    }

    /// <summary>The survey's taxonomy, counted for vectors of 8 numbers.</summary>
    /// <remarks>Source: table 1 of arXiv 2507.22920.</remarks>
    public static DataFrame Taxonomy()
    {
        (string Kind, string Numbers, string Codes, string Collapse)[] rows =
        [
            ("VQ", "K D", "K", "not mitigated"), ("RVQ", "sum of K_i D", "product of K_i", "every stage can collapse"), ("PQ", "mean of K_i D", "product of K_i", "partly"),
            ("AQ", "sum of K_i D", "product of K_i", "partly"), ("FSQ", "0", "L^D", "fixed grid"), ("LFQ", "0", "2^D", "no book"), ("BSQ", "0", "2^D", "no book, error bounded"),
            ("GART", "anchors + relations", "sets of them", "fixed codes"),
        ];
        return new(Words("kind", rows, r => r.Kind), Words("numbers in the books", rows, r => r.Numbers), Words("codes", rows, r => r.Codes), Words("collapse", rows, r => r.Collapse));
    }

    /// <summary>Part A, mean over seeds.</summary>
    /// <param name="runs">At least one.</param>
    public static DataFrame Vectors(IReadOnlyList<VectorRun> runs)
    {
        var rows = runs.SelectMany(run => run.Scores.Select(score => (run.Data, Rate: run.Comparison.Bits, Score: score)))
            .GroupBy(row => (row.Data, row.Rate, row.Score.Name)).Select(group => (group.Key.Data, Scores: group.Select(row => row.Score).ToArray())).ToArray();
        return new(
            Words("vectors", rows, r => r.Data),
            Words("kind", rows, r => r.Scores[0].Name),
            Number("bits", rows, r => r.Scores[0].Bits, 1),
            Number("error / variance", rows, r => r.Scores.Average(s => s.Nmse), 4),
            Number("SNR, dB", rows, r => r.Scores.Average(s => s.Snr), 2),
            Number("recall@1", rows, r => r.Scores.Average(s => s.RecallAt1), 3),
            Number("recall@10", rows, r => r.Scores.Average(s => s.RecallAt10), 3),
            Number("s to fit", rows, r => r.Scores.Average(s => s.Seconds), 2));
    }

    /// <summary>Part B, mean over seeds: what the pictures look like.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Pictures(TokenizerResults results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("bottleneck", rows, r => r[0].Arm.Name),
            Number("PSNR, dB", rows, r => r.Average(run => run.Score.Psnr), 2),
            Number("±", rows, r => r.Count < 2 ? null : Spread.Of([.. r.Select(run => run.Score.Psnr)]).Deviation, 2),
            Number("SSIM", rows, r => r.Average(run => run.Score.Ssim), 3),
            Number("P-dist", rows, r => r.Average(run => run.Score.Perceptual), 4),
            Number("rFD (stand-in)", rows, r => r.Average(run => run.Score.Frechet), 2),
            Number("training gap, dB", rows, r => r.Average(run => run.TrainingGap), 2));
    }

    /// <summary>Part B, mean over seeds: what the codes are, and what they cost.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Codes(TokenizerResults results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("bottleneck", rows, r => r[0].Arm.Name),
            Number("used, %", rows, r => r.Average(run => 100 * run.Score.Use?.Usage), 1),
            Number("perplexity", rows, r => r.Average(run => run.Score.Use?.Perplexity), 0),
            Number("bits per pixel", rows, r => r[0].Score.Use is null ? null : r[0].Score.BitsPerPixel, 3),
            Number("entropy coded", rows, r => r.Average(run => run.Score.EntropyBits / (run.Tokenizer.Config.Factor * run.Tokenizer.Config.Factor)), 3),
            Number("parameters", rows, r => r[0].Tokenizer.parameters().Sum(p => p.numel()), 0),
            Number("TFLOP", rows, r => r[0].Flops / 1e12, 2),
            Number("s", rows, r => r.Average(run => run.Seconds), 1));
    }

    // Source: table 3 of arXiv 2507.22920, ImageNet at 128 pixels.
    private static readonly IReadOnlyDictionary<TokenizerArm, (double Fid, double Inception)> reported = new Dictionary<TokenizerArm, (double, double)>
    {
        [TokenizerArm.RevivedVq] = (8.01, 151.40),
        [TokenizerArm.Fsq] = (7.33, 224.88),
        [TokenizerArm.Lfq] = (7.73, 142.09),
        [TokenizerArm.Bsq] = (7.82, 221.64),
    };

    /// <summary>What priors generate, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Generation(GenerationResults results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("codes, prior", rows, r => r[0].Arm.Name),
            Number("gFD (stand-in)", rows, r => r.Average(run => run.Score.Frechet), 2),
            Number("±", rows, r => r.Count < 2 ? null : Spread.Of([.. r.Select(run => run.Score.Frechet)]).Deviation, 2),
            Number("gFID in table 3", rows, r => Reported(r)?.Fid, 2),
            Number("IS (stand-in)", rows, r => r.Average(run => run.Score.Inception), 2),
            Number("IS in table 3", rows, r => Reported(r)?.Inception, 1),
            Number("right class, %", rows, r => r.Average(run => 100 * run.Score.Accuracy), 1),
            Number("bits of a picture", rows, r => r.Average(run => run.Bits), 0),
            Number("s to train", rows, r => r.Average(run => run.TrainingSeconds), 1),
            Number("ms per picture", rows, r => r.Average(run => 1000 * run.SecondsPerImage), 1));

        static (double Fid, double Inception)? Reported(IReadOnlyList<GenerationRun> runs) =>
            runs[0].Arm.Kind == PriorKind.Causal && reported.TryGetValue(runs[0].Arm.Tokenizer, out var known) ? known : null;
    }

    /// <summary>Part C, mean over seeds.</summary>
    /// <param name="runs">At least one.</param>
    public static DataFrame Graphs(IReadOnlyList<GraphRun> runs)
    {
        var rows = runs[0].Scores.Select((score, i) => runs.Select(run => run.Scores[i]).ToArray()).ToArray();
        return new(
            Words("entities as", rows, r => r[0].Name),
            Number("numbers", rows, r => r[0].Numbers, 0),
            Number("MRR", rows, r => r.Average(s => s.Mrr), 3),
            Number("±", rows, r => r.Length < 2 ? null : Spread.Of([.. r.Select(s => s.Mrr)]).Deviation, 3),
            Number("entropy of codes, bits", rows, r => Gapped(r.Average(s => s.Entropy)), 2),
            Number("Jaccard distance", rows, r => Gapped(r.Average(s => s.Jaccard)), 3));
    }

    private static double? Gapped(double value) => double.IsNaN(value) ? null : value;
}
