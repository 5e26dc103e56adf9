using Lab.Cli;
using Lab.Papers;

namespace Notebooks.Tests;

/// <summary>The command <c>lab report</c>.</summary>
public sealed class LabReportTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_board_of_the_committed_notebooks_has_every_paper_and_links_pages_that_are_there()
    {
        Assert.Equal(0, await LabAsync("report", Path.Combine(RepositoryNotebooks.Root, "notebooks"), "--out", folder));
        Assert.Equal("", error.ToString());
        var board = File.ReadAllText(Path.Combine(folder, "index.html"));
        Assert.All(PaperCatalogue.All, paper => Assert.Contains($"<article id=\"{paper.Slug}\" data-theme=\"{paper.Theme}\"", board));
        Assert.All(PaperCatalogue.All.Where(paper => paper.Status == PaperStatus.Ready), paper =>
        {
            Assert.Contains($"href=\"{paper.Slug}-full.html\"", board);
            Assert.True(File.Exists(Path.Combine(folder, $"{paper.Slug}-full.html")));
        });
        Assert.DoesNotContain("src=\"http", board);
    }

    [Fact]
    public async Task Margins_of_several_runs_come_together_over_their_seeds()
    {
        const string claims = """new Lab.Papers.Claims("zett", [new Lab.Papers.Claim("it <learns>", "90 %", [seed - 1.0], "points") { Required = 0 }, new Lab.Papers.Claim("it mostly learns", "90 %", [seed - 1.0], "points") { Required = 0, SeedsRequired = 1 }, new Lab.Papers.Claim("no seed", "1", [], "x")])""";
        ToyNotebooks.Write(At("zett.ipynb"), "int seed = 0; // 0..9\nstring profile = \"quick\"; // quick | full", claims);
        await LabAsync("sweep", At("zett.ipynb"), "--profile", "quick", "--seeds", "3", "--out", At("sweep"));
        Assert.Equal(0, await LabAsync("report", At("sweep"), "--out", At("report")));

        var board = File.ReadAllText(At("report", "index.html"));
        Assert.Contains("1 of 47 papers run, 3 runs", board);
        Assert.Contains("it &lt;learns&gt;", board);
        Assert.Contains("0 &#177; 1 points", board);
        Assert.Contains("✗ fails: holds in 2 of 3", board); // which asks for all seeds
        Assert.Contains("✓ holds in 2 of 3", board); // which asks for two of three
        Assert.Contains("not measured", board);
        Assert.Contains("3 seeds", board);
        Assert.True(File.Exists(At("report", "zett-quick.html")));
    }

    [Fact]
    public async Task A_notebook_that_cannot_be_read_is_left_out_and_told()
    {
        File.WriteAllText(At("zett.ipynb"), "{");
        Assert.Equal(0, await LabAsync("report", folder, "--out", At("report")));
        Assert.Contains("zett.ipynb is left out", error.ToString());
        Assert.Contains("0 of 47 papers run", File.ReadAllText(At("report", "index.html")));
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_has_a_code_of_its_own()
    {
        ToyNotebooks.Write(At("zett.ipynb"), "int seed = 0;", "1");
        File.WriteAllText(At("report"), "a file");
        Assert.Equal(6, await LabAsync("report", At("zett.ipynb"), "--out", At("report")));
        Assert.Equal(64, await LabAsync("report", At("none.ipynb"), "--out", At("other")));
    }

    private Task<int> LabAsync(params string[] args) => LabCommand.RunAsync(args, output, error);

    private string At(params string[] parts) => Path.Combine([folder, .. parts]);
}
