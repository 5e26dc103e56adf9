using Lab.Metrics;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.Fqgan;

/// <summary>The notebook's tables.</summary>
public static class FqganTables
{
    /// <summary>What the experiment will do.</summary>
    /// <param name="plan">The experiment.</param>
    public static DataFrame Plan(FqganExperiment plan)
    {
        var rows = plan.Arms.Select(arm => (Arm: arm, Options: plan.Options(arm))).ToArray();
        return new(
            Words("tokenizer", rows, row => row.Arm.Name),
            Words("books", rows, row => row.Arm.Residual ? $"2 x {row.Options.BookSize}, residual" : $"{row.Options.Books} x {row.Options.BookSize}"),
            Number("stored codes", rows, row => (row.Arm.Residual ? 2 : 1) * row.Options.StoredCodes, 0),
            Number("bits of a position", rows, row => (row.Arm.Residual ? 2 : row.Options.Books) * Math.Log2(row.Options.BookSize), 0),
            Number("lambda 1", rows, row => row.Options.Disentangle, 2),
            Number("lambda 2", rows, row => row.Options.Represent, 2));
    }

    /// <summary>What the pictures look like, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Pictures(FqganTokenizers results)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("tokenizer", rows, r => r[0].Arm.Name),
            Number("bits of a position", rows, r => r[0].Tokenizer.Bottleneck.BitsPerPosition, 0),
            Number("PSNR, dB", rows, r => r.Average(run => run.Score.Psnr), 2),
            Number("±", rows, r => Deviation(r.Select(run => run.Score.Psnr)), 2),
            Number("SSIM", rows, r => r.Average(run => run.Score.Ssim), 3),
            Number("P-dist", rows, r => r.Average(run => run.Score.Perceptual), 4),
            Number("rFD (stand-in)", rows, r => r.Average(run => run.Score.Frechet), 2),
            Number("parameters", rows, r => r[0].Tokenizer.parameters().Sum(p => p.numel()), 0),
            Number("TFLOP", rows, r => r[0].Flops / 1e12, 2),
            Number("s", rows, r => r.Average(run => run.Seconds), 1));
    }

    /// <summary>What the books know, mean over seeds. Books stand in their order, the first is the visual one.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="asked">What the probe tells, e.g. <c>colour</c>.</param>
    public static DataFrame Books(FqganTokenizers results, string asked)
    {
        var rows = results.Arms.Select(results.Of).ToArray();
        return new(
            Words("tokenizer", rows, r => r[0].Arm.Name),
            Number("squared cosine", rows, r => r[0].Arm.Books == 1 ? null : r.Average(run => run.Books.SquaredCosine), 3),
            Words("used, %", rows, r => ByBook(r, run => run.Books.Usage)),
            Words($"{asked} told, %", rows, r => ByBook(r, run => run.Books.Probe)),
            Number("perplexity of all", rows, r => r.Average(run => run.Score.Use!.Perplexity), 0),
            Number("entropy coded, bits", rows, r => r.Average(run => run.Score.EntropyBits), 2));

        static string ByBook(IReadOnlyList<FqganRun> runs, Func<FqganRun, IReadOnlyList<double>> values) =>
            string.Join(" / ", Enumerable.Range(0, values(runs[0]).Count).Select(book => FormattableString.Invariant($"{100 * runs.Average(run => values(run)[book]):F0}")));
    }

    /// <summary>Priors, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="positions">Of a grid.</param>
    public static DataFrame Priors(FarResults results, int positions)
    {
        var rows = results.Heads.Select(results.Of).ToArray();
        return new(
            Words("head", rows, r => r[0].Head.Name),
            Number("parameters of it", rows, r => r[0].Prior.Head.parameters().Sum(p => p.numel()), 0),
            Number("nats, first code", rows, r => r.Average(run => run.Nats[0]), 3),
            Number("nats, second code", rows, r => r.Average(run => run.Nats[1]), 3),
            Number("bits of a picture", rows, r => r.Average(run => run.Nats.Sum()) * positions / Math.Log(2), 0),
            Number("gFD (stand-in)", rows, r => r.Average(run => run.Score.Frechet), 2),
            Number("±", rows, r => Deviation(r.Select(run => run.Score.Frechet)), 2),
            Number("shows what was asked, %", rows, r => 100 * r.Average(run => run.Score.Accuracy), 1),
            Number("ms a picture", rows, r => 1e3 * r.Average(run => run.SecondsPerImage), 2));
    }

    private static double? Deviation(IEnumerable<double> values) => values.ToArray() is { Length: > 1 } several ? Spread.Of(several).Deviation : null;
}
