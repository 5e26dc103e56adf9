namespace Lab.Papers.OmpTransplantation;

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">What was run.</param>
/// <param name="Corpus">On what.</param>
/// <param name="Runs">One per seed.</param>
public sealed record OmpResults(OmpExperiment Experiment, OmpCorpus Corpus, IReadOnlyList<OmpRun> Runs) : IDisposable
{
    private static readonly string[] beaten = ["random", "zero", "mean", "CLP", "WECHSEL", "FOCUS"];

    private bool IsFull => Experiment.IsFull;

    /// <summary>The paper's claims beside what was measured.</summary>
    /// <remarks>Source: abstract and tables of arXiv 2506.06607.</remarks>
    public Claims Claims()
    {
        var (width, narrow) = (Experiment.Donor.Dim, Experiment.Donor.Dim / 8);
        Claim?[] claims =
        [
            Claim("OMP beats zero, mean, random, CLP, WECHSEL and FOCUS on both languages", "best zero-shot preservation of all methods", 0.05,
                run => beaten.Min(method => Math.Min(run[method].Bits.A - run.Omp.Bits.A, run[method].Bits.B - run.Omp.Bits.B))),
            Claim("OMP beats the mean of subwords on A", "best zero-shot preservation of all methods", 0.05, run => run["subword mean"].Bits.A - run.Omp.Bits.A),
            Claim("OMP beats the mean of subwords on B", "best zero-shot preservation of all methods", 0.1, run => run["subword mean"].Bits.B - run.Omp.Bits.B),
            Claim($"An exact sum (k = {width}) transfers worse than a sparse one (k = {narrow})", "k = 64 at widths of 2048 and more", 0.3,
                run => Mean(run.AtK(width).Bits) - Mean(run.AtK(narrow).Bits)),
            Numbers(),
            Claim("Zero rows are not worse than mean rows", "zero 99.1 % of MMLU kept (1B)", IsFull ? 0 : null,
                run => Math.Min(run["mean"].Bits.A - run["zero"].Bits.A, run["mean"].Bits.B - run["zero"].Bits.B)),
            Experiment.RecoverySteps == 0 ? null : Claim("Zero rows are not worse than mean rows after recovery", "", IsFull ? 0 : null,
                run => Math.Min(run["mean"].Recovered!.A - run["zero"].Recovered!.A, run["mean"].Recovered!.B - run["zero"].Recovered!.B)),
            Claim("Anchors that give each other's base rows do worse on B", "the two spaces share their geometry", 0.3, run => run.Permuted.B - run.Omp.Bits.B),
        ];
        return new("omp-transplantation", [.. claims.OfType<Claim>()]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private Claim? Numbers() => Runs.Any(run => run.Numbers.Count == 0) ? null : Claim(
        "Sums lose more where numbers are cut otherwise than where they are cut alike", "GSM8K -74 to -79 % against -5.6 %", IsFull ? 1.3 : null,
        run => (run.Numbers[0].Bits.Sums - run.Base.Sums) / (run.Numbers[1].Bits.Sums - run.Base.Sums)) with
    { Unit = "x" };

    // Margins of the specification are those of models trained seven times as long as quick ones, which have to reach half.
    private Claim Claim(string name, string reported, double? required, Func<OmpRun, double> margin) => new(name, reported, [.. Runs.Select(margin)], "bits per byte")
    {
        Required = IsFull ? required : required / 2,
        SeedsRequired = required is null || IsFull ? null : (2 * Runs.Count + 2) / 3,
    };

    private static double Mean(Bits bits) => (bits.A + bits.B) / 2;
}
