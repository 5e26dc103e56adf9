using Lab.Kernel.Notebooks;
using Lab.Metrics;
using Lab.Papers;
using Lab.Runs;

namespace Lab.Cli.Reporting;

/// <summary>All papers with what their executed notebooks tell.</summary>
/// <param name="Papers">Every paper of the catalogue.</param>
internal sealed record Board(IReadOnlyList<BoardPaper> Papers)
{
    /// <summary>Reads executed notebooks; those of no paper, and those that never ran to their claims, do not count.</summary>
    /// <param name="paths">Notebooks.</param>
    /// <param name="error">Told of notebooks that cannot be read.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Board Read(IEnumerable<string> paths, TextWriter error)
    {
        var executed = paths.Select(path => ExecutedPaper.Read(path, error)).OfType<ExecutedPaper>().ToLookup(run => run.Record.Notebook);
        return new Board([.. PaperCatalogue.All.Select(paper => new BoardPaper(paper, Results(executed[paper.Slug])))]);
    }

    // The larger profile first; of runs with the same parameters the last counts.
    private static IReadOnlyList<BoardResult> Results(IEnumerable<ExecutedPaper> executed)
    {
        var byId = executed.DistinctBy(run => run.Record.Id).ToDictionary(run => run.Record.Id);
        return
        [
            .. RunTables.Latest(byId.Values.Select(run => run.Record)).GroupBy(run => run.Profile ?? "").OrderBy(profile => profile.Key, StringComparer.Ordinal)
                .Select(profile => new BoardResult(profile.Key, [.. profile.OrderBy(run => run.Started)], byId[profile.MaxBy(run => (run.Parameters.GetValueOrDefault("seed") is "0" or null, run.Started))!.Id].Path)),
        ];
    }
}

/// <summary>A paper and what was measured.</summary>
/// <param name="Paper">Its card.</param>
/// <param name="Results">One per profile; none where nothing was run.</param>
internal sealed record BoardPaper(Paper Paper, IReadOnlyList<BoardResult> Results)
{
    /// <summary>Names of the claims, in the order in which the runs show them.</summary>
    public IReadOnlyList<string> Claims => [.. Results.SelectMany(result => result.Claims).Select(claim => claim.Name).Distinct()];

    /// <summary>The picture on the card, from the larger profile.</summary>
    public byte[]? Picture => Results.Select(result => NotebookPicture.Find(result.Notebook)).FirstOrDefault(picture => picture is not null);
}

/// <summary>The runs of a paper in one profile.</summary>
/// <param name="Profile">E.g. <c>full</c>.</param>
/// <param name="Runs">The oldest first.</param>
/// <param name="Path">The executed notebook that is linked: the last with the first seed.</param>
internal sealed record BoardResult(string Profile, IReadOnlyList<RunRecord> Runs, string Path)
{
    /// <summary>The executed notebook that is linked.</summary>
    public NotebookDocument Notebook { get; } = NotebookDocument.Load(Path);

    /// <summary>Where relative pictures of its Markdown lie.</summary>
    public string NotebookFolder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>File name of its page.</summary>
    public string Page => $"{Runs[0].Notebook}{(Profile.Length > 0 ? $"-{Profile}" : "")}.html";

    /// <summary>Claims over the seeds of all runs.</summary>
    public IReadOnlyList<BoardClaim> Claims { get; } =
        [.. Runs.SelectMany(run => run.Claims!.Items).GroupBy(claim => claim.Name).Select(group => new BoardClaim(group.Last(), [.. group.SelectMany(claim => claim.Margins)]))];

    /// <summary>Seeds over all runs, at most as many margins as a claim has.</summary>
    public int Seeds => Claims.Select(claim => claim.Margins.Count).DefaultIfEmpty(0).Max();
}

/// <summary>A claim over the seeds of several runs.</summary>
/// <param name="Claim">As the last run has it.</param>
/// <param name="Margins">Of all runs.</param>
internal sealed record BoardClaim(Claim Claim, IReadOnlyList<double> Margins)
{
    public string Name => Claim.Name;

    /// <summary>Null where nothing was measured.</summary>
    public Spread? Spread => Margins.Count > 0 ? Spread.Of(Margins) : null;

    /// <summary>Seeds whose margin reaches what is required.</summary>
    public int Held => Margins.Count(margin => margin >= Claim.Required);

    /// <summary>What became of it over all seeds. A claim that does not ask for every seed asks for two of three: the specifications know no other rule.</summary>
    public Verdict Verdict => (Claim with { Margins = Margins, SeedsRequired = Claim.SeedsRequired is null ? null : (2 * Margins.Count + 2) / 3 }).Verdict;
}

/// <summary>An executed notebook of a paper.</summary>
internal sealed record ExecutedPaper(string Path, RunRecord Record)
{
    /// <returns>Null where it is not one, or shows no claims.</returns>
    public static ExecutedPaper? Read(string path, TextWriter error)
    {
        try
        {
            return ExecutedNotebook.Record(NotebookDocument.Load(path)) is { Claims: not null } record ? new ExecutedPaper(path, record) : null;
        }
        catch (Exception e) when (e is NotebookFormatException or FormatException)
        {
            error.WriteLine($"{path} is left out: {e.Message}");
            return null;
        }
    }
}
