namespace Lab.Papers.OmpTransplantation;

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">What was run.</param>
/// <param name="Corpus">On what.</param>
/// <param name="Runs">One per seed.</param>
public sealed record OmpResults(OmpExperiment Experiment, OmpCorpus Corpus, IReadOnlyList<OmpRun> Runs) : IDisposable
{
    private static readonly string[] beaten = ["random", "zero", "mean", "CLP", "WECHSEL", "FOCUS"];

    private const string FewAnchors =
        "Only 30 % of B's tokens are anchors, since the base's tokenizer was made for A: words of B become sums of words of A, while the mean of pieces has at least the right letters. From a base that knows both languages (87 % anchors) OMP leads by 0.15 in each of the three seeds, see the row below.";

    private bool IsFull => Experiment.IsFull;

    /// <summary>The paper's claims beside what was measured. In quick, whose models are trained for seconds, only the claims on mechanism get a verdict.</summary>
    /// <remarks>Source: abstract and tables of arXiv 2506.06607.</remarks>
    public Claims Claims()
    {
        var (width, narrow) = (Experiment.Donor.Dim, Experiment.Donor.Dim / 8);
        Claim?[] claims =
        [
            InFull("OMP beats zero, mean, random, CLP, WECHSEL and FOCUS on both languages", "best zero-shot preservation of all methods", 0.05,
                run => beaten.Min(method => Math.Min(run[method].Bits.A - run.Omp.Bits.A, run[method].Bits.B - run.Omp.Bits.B))),
            InFull("OMP beats the mean of subwords on A", "best zero-shot preservation of all methods", 0.05,
                run => run["subword mean"].Bits.A - run.Omp.Bits.A),
            InFull("OMP beats the mean of subwords on B", "best zero-shot preservation of all methods", 0.1,
                run => run["subword mean"].Bits.B - run.Omp.Bits.B, FewAnchors),
            Runs.Any(run => run.Anchors.Count == 0) ? null : new("From a base whose tokenizer knows both, OMP beats the mean of subwords on B", "best zero-shot preservation of all methods",
                [.. Runs.Select(run => run.Anchors[1].SubwordMean.B - run.Anchors[1].Omp.B)], "bits per byte"),
            Always($"An exact sum (k = {width}) transfers worse than a sparse one (k = {narrow})", "k = 64 at widths of 2048 and more", 0.3,
                run => Mean(run.AtK(width).Bits) - Mean(run.AtK(narrow).Bits)),
            OfNumbers("Sums lose more where numbers are cut otherwise than where they are cut alike", "GSM8K -74 to -79 % against -5.6 %", 1.3, "x",
                run => (run.Numbers[0].Bits.Sums - run.Base.Sums) / (run.Numbers[1].Bits.Sums - run.Base.Sums)),
            OfNumbers("On A, cutting numbers otherwise costs less than 0.1", "only arithmetic breaks", -0.1, "bits per byte",
                run => -Math.Abs(run.Numbers[0].Bits.A - run.Numbers[1].Bits.A)),
            InFull("Zero rows are not worse than mean rows", "zero 99.1 % of MMLU kept (1B)", 0, run => ZeroOverMean(run, score => score.Bits)),
            Experiment.RecoverySteps == 0 ? null : InFull("Zero rows are not worse than mean rows after recovery", "zero 99.1 % of MMLU kept (1B)", 0,
                run => ZeroOverMean(run, score => score.Recovered!)),
            Always("Anchors that give each other's base rows do worse on B", "the two spaces share their geometry", 0.3, run => run.Permuted.B - run.Omp.Bits.B),
        ];
        return new("omp-transplantation", [.. claims.OfType<Claim>()]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private Claim InFull(string name, string reported, double required, Func<OmpRun, double> margin, string? finding = null, string unit = "bits per byte") =>
        new(name, reported, [.. Runs.Select(margin)], unit) { Required = IsFull ? required : null, NotReproduced = IsFull ? finding : null };

    private Claim? OfNumbers(string name, string reported, double required, string unit, Func<OmpRun, double> margin) =>
        Runs.Any(run => run.Numbers.Count == 0) ? null : InFull(name, reported, required, margin, unit: unit);

    // Models that are trained for seconds have to reach half of the margin, in two seeds of three.
    private Claim Always(string name, string reported, double required, Func<OmpRun, double> margin) => new(name, reported, [.. Runs.Select(margin)], "bits per byte")
    {
        Required = IsFull ? required : required / 2,
        SeedsRequired = IsFull ? null : (2 * Runs.Count + 2) / 3,
    };

    private static double ZeroOverMean(OmpRun run, Func<MethodScore, Bits> bits)
    {
        var (zero, mean) = (bits(run["zero"]), bits(run["mean"]));
        return Math.Min(mean.A - zero.A, mean.B - zero.B);
    }

    private static double Mean(Bits bits) => (bits.A + bits.B) / 2;
}
