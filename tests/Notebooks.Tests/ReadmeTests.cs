using Lab.Papers;

namespace Notebooks.Tests;

/// <summary>What the front page says of the papers is what the catalogue knows.</summary>
public sealed class ReadmeTests
{
    private static readonly string[] rows =
        [.. File.ReadLines(Path.Combine(RepositoryNotebooks.Root, "README.md")).Where(line => line.StartsWith("| ") && line.Contains("https://arxiv.org/"))];

    [Fact]
    public void Its_table_names_every_paper_once() =>
        Assert.Equal(PaperCatalogue.All.Select(Named).Order(), rows.Select(row => row.Split('|')[2].Trim()).Order());

    [Fact]
    public void It_links_the_notebook_of_a_paper_that_is_ready_and_says_planned_of_the_others() =>
        Assert.All(PaperCatalogue.All, paper =>
        {
            var status = rows.Single(row => row.Contains(Named(paper))).Split('|')[4].Trim();
            Assert.Equal(paper.Status == PaperStatus.Ready ? $"[notebook]({paper.Notebook})" : "planned", status);
        });

    [Fact]
    public void Every_file_it_links_to_is_there() =>
        Assert.All(Links(), link => Assert.True(File.Exists(Path.Combine(RepositoryNotebooks.Root, link)), link));

    private static string Named(Paper paper) => $"[{paper.Title}]({paper.Link})";

    private static IEnumerable<string> Links() =>
        File.ReadAllText(Path.Combine(RepositoryNotebooks.Root, "README.md")).Split("](").Skip(1).Select(rest => rest.Split(')')[0]).Where(link => !link.StartsWith("https:"));
}
