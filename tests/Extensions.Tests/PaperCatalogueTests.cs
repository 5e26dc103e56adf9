using Lab.Papers;

namespace Lab.Extensions.Tests;

public sealed class PaperCatalogueTests
{
    private static readonly string[] themes = ["classification", "tokenizers", "generation", "reduction", "multimodal", "language", "transfer", "modalities"];

    [Fact]
    public void There_are_47_papers_with_slugs_in_order()
    {
        var slugs = PaperCatalogue.All.Select(paper => paper.Slug).ToArray();
        Assert.Equal(47, slugs.Distinct().Count());
        Assert.Equal(slugs.Order(StringComparer.Ordinal), slugs);
    }

    [Fact]
    public void Every_card_is_complete() => Assert.All(PaperCatalogue.All, paper =>
    {
        Assert.Matches("^[a-z0-9-]+$", paper.Slug);
        Assert.NotEmpty(paper.Title);
        Assert.NotEqual("", paper.Authors);
        Assert.Matches(@"^\d{4}\.\d{5}$", paper.ArXiv);
        Assert.Matches(@"^[A-Z][a-z]+ 20\d\d$", paper.Date);
        Assert.Equal($"https://arxiv.org/abs/{paper.ArXiv}", paper.Link.AbsoluteUri);
        Assert.Contains(paper.Theme, themes);
        Assert.InRange(paper.Reported.Count, 2, 4);
        Assert.All(paper.Reported, Assert.NotEmpty);
        Assert.EndsWith(".", paper.Reproduces);
    });

    [Fact]
    public void Every_theme_has_papers() => Assert.Equal(themes.Order(), PaperCatalogue.All.Select(paper => paper.Theme).Distinct().Order());

    [Fact]
    public void A_paper_is_ready_when_it_has_a_notebook_in_its_theme() => Assert.All(PaperCatalogue.All, paper =>
        Assert.Equal(paper.Status == PaperStatus.Ready ? $"notebooks/{paper.Theme}/{paper.Slug}.ipynb" : null, paper.Notebook));

    [Fact]
    public void The_first_month_of_an_arxiv_number_is_the_papers_date() => Assert.All(PaperCatalogue.All, paper =>
        Assert.Equal(DateTime.ParseExact(paper.ArXiv[..4], "yyMM", null).ToString("MMMM yyyy"), paper.Date));

    [Fact]
    public void An_unknown_slug_is_answered_with_the_closest()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => PaperCatalogue.Find("tokenflow2"));
        Assert.Equal("There is no paper 'tokenflow2'. The closest are tokenflow, tokenflex, tokenadapt.", error.Message);
    }
}
