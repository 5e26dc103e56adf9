using System.Text.RegularExpressions;
using Lab.Cli;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;

namespace Notebooks.Tests;

/// <summary>What every paper notebook promises its reader.</summary>
public partial class PaperNotebookTests
{
    private const int MaxCellLines = 25;
    private const long MaxBytes = 1_500_000;

    public static TheoryData<string> Notebooks => [.. RepositoryNotebooks.Paths];

    [Theory, MemberData(nameof(Notebooks))]
    public async Task The_quick_profile_runs_to_its_claims(string path)
    {
        var folder = Directory.CreateTempSubdirectory("lab-test-");
        try
        {
            var options = new RunOptions
            {
                Extensions = LabCommand.Extensions,
                NotebookPath = Path.Combine(folder.FullName, Path.GetFileName(path)),
                PagePath = Path.Combine(folder.FullName, "page.html"),
                Parameters = new Dictionary<string, string> { ["profile"] = "quick" },
            };
            var run = await NotebookRunner.RunAsync(Path.Combine(RepositoryNotebooks.Root, path), options);
            Assert.True(run.Status == RunStatus.Succeeded, $"{run.Status}: {run.Message}");
            Assert.True(run.Claims.Total > 0, "No claims were shown.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory, MemberData(nameof(Notebooks))]
    public void It_opens_with_its_paper_then_parameters_and_ends_with_claims(string path)
    {
        var cells = Load(path).Cells.Where(c => c.Type == CellType.Code).ToList();
        Assert.StartsWith($"#!paper {Path.GetFileNameWithoutExtension(path)}", cells[0].Source);

        var parameters = cells.FindIndex(c => c.Tags.Contains("parameters"));
        var claims = cells.FindIndex(c => c.Outputs.Any(o => o!["data"]?[ClaimCounts.MimeType] is not null));
        Assert.True(parameters > 0, "No cell behind the paper card has the tag 'parameters'.");
        Assert.True(claims > parameters, "No cell behind the parameters shows claims.");
        Assert.DoesNotContain("injected-parameters", cells.SelectMany(c => c.Tags));
    }

    [Theory, MemberData(nameof(Notebooks))]
    public void Its_cells_are_short(string path) =>
        Assert.All(Load(path).Cells.Where(c => c.Type == CellType.Code), c => Assert.InRange(c.Source.Split('\n').Length, 1, MaxCellLines));

    [Theory, MemberData(nameof(Notebooks))]
    public void It_is_committed_with_the_outputs_of_a_whole_run(string path)
    {
        var notebook = Load(path);
        Assert.NotNull(notebook.Metadata["lab"]?["machine"]?["cpu"]);
        var cells = notebook.Cells.Where(c => c.Type == CellType.Code && c.Source.Trim().Length > 0).ToList();
        Assert.All(cells, c => Assert.NotNull(c.ExecutionCount));
        Assert.DoesNotContain(cells.SelectMany(c => c.Outputs), o => o!["output_type"]!.GetValue<string>() == "error");
        Assert.Contains(cells.SelectMany(c => c.Outputs), o => o!["data"]?["image/png"] is not null);
    }

    [Theory, MemberData(nameof(Notebooks))]
    public void It_is_small(string path) =>
        Assert.InRange(new FileInfo(Path.Combine(RepositoryNotebooks.Root, path)).Length, 1, MaxBytes);

    [Theory, MemberData(nameof(Notebooks))]
    public void It_names_no_place_on_the_disk_it_was_made_on(string path) =>
        Assert.All(RepositoryNotebooks.Texts(Load(path)), text => Assert.DoesNotMatch(AbsolutePath(), text));

    private static NotebookDocument Load(string path) => NotebookDocument.Load(Path.Combine(RepositoryNotebooks.Root, path));

    [GeneratedRegex(@"(?<![\w./:-])/(home|root|Users|tmp|work|mnt|opt|var|workspace)/|\b[A-Z]:\\\w")]
    private static partial Regex AbsolutePath();
}
