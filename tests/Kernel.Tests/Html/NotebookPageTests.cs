using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kernel.Tests.Notebooks;
using Lab.Abstractions;
using Lab.Kernel.Html;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Html;

public class NotebookPageTests
{
    [Theory]
    [InlineData("""{"text/html": "<b>html</b>", "image/svg+xml": "<svg/>", "text/plain": "plain"}""", "<div class=\"output html\"><b>html</b></div>")]
    [InlineData("""{"image/svg+xml": "<svg/>", "image/png": "cG5n", "text/plain": "plain"}""", "<div class=\"output picture\"><svg/></div>")]
    [InlineData("""{"image/png": "cG5n\n", "image/jpeg": "anBn", "text/plain": "a \"grid\""}""", "<img src=\"data:image/png;base64,cG5n\" alt=\"a &quot;grid&quot;\">")]
    [InlineData("""{"image/jpeg": "anBn", "text/markdown": "*m*"}""", "<img src=\"data:image/jpeg;base64,anBn\" alt=\"\">")]
    [InlineData("""{"text/markdown": "*m*", "application/json": {}, "text/plain": "plain"}""", "<em>m</em>")]
    [InlineData("""{"application/json": {"a": "<é>"}, "text/plain": "plain"}""", "&quot;a&quot;: &quot;&lt;é&gt;&quot;")]
    [InlineData("""{"text/plain": ["1 < 2\n", "3"]}""", "<pre>1 &lt; 2\n3</pre>")]
    public void An_output_is_shown_by_its_richest_type(string data, string html) =>
        Assert.Contains(html, Page(Shows(data)));

    [Fact]
    public void Errors_and_streams_lose_terminal_colours_and_are_escaped()
    {
        var cell = Code("x");
        cell["outputs"] = JsonNode.Parse("""
            [{"output_type": "error", "ename": "Boom", "evalue": "a<b", "traceback": ["\u001b[31mline 3\u001b[0m", "at <F>"]},
             {"output_type": "stream", "name": "stderr", "text": ["\u001b[1;32mwarn\u001b[0m & go"]}]
            """);
        var page = Page(cell);
        Assert.Contains("<strong>Boom: a&lt;b</strong><pre>line 3\nat &lt;F&gt;</pre>", page);
        Assert.Contains("<div class=\"output stream stderr\"><pre>warn &amp; go</pre></div>", page);
    }

    [Fact]
    public void Formulas_keep_their_tex_and_bring_the_renderer_once()
    {
        var page = Page(Markdown("Let $x_i < y_i$ and $a_b$ cost \\$5.\n\n$$\n\\sum_i x_i\n$$\n\nso $$z^2$$ holds."), Markdown("$q$"));
        Assert.Contains("<span class=\"math\">x_i &lt; y_i</span>", page);
        Assert.Contains("<span class=\"math\">a_b</span>", page);
        Assert.Contains("<div class=\"math display\">\\sum_i x_i</div>", page);
        Assert.Contains("<span class=\"math display\">z^2</span>", page);
        Assert.Equal(2, page.Split("exports.katex=").Length);
        Assert.DoesNotContain("exports.katex=", Page(Markdown("It costs $5 or $6.")));
    }

    [Theory]
    [InlineData("$$ x = 1 $$", "x = 1")]
    [InlineData("$$x = 1$$\n", "x = 1")]
    [InlineData("so\n$$\nx = 1\n$$\nholds", "x = 1")]
    [InlineData("$$ x\n = 1 $$", "x\n= 1")]
    [InlineData("$$\\begin{aligned}\nx &= 1\n\\end{aligned}$$", "\\begin{aligned}\nx &amp;= 1\n\\end{aligned}")]
    public void Display_formulas_are_found_however_they_are_laid_out(string markdown, string tex)
    {
        var formula = Assert.Single(Regex.Matches(Page(Markdown(markdown)), "<(div|span) class=\"math display\">(.*?)</", RegexOptions.Singleline));
        Assert.Equal(tex, formula.Groups[2].Value.Trim());
    }

    [Fact]
    public void Headings_of_all_cells_make_the_table_of_contents_with_ids_of_their_own()
    {
        var page = Page(Markdown("# Compact *Transformers*\n## Idea"), Markdown("## Idea\n#### Detail"), Markdown("## `code` & 1 < 2"));
        Assert.Contains("<title>Compact Transformers</title>", page);
        Assert.Contains("<li class=\"level1\"><a href=\"#compact-transformers\">Compact Transformers</a></li>", page);
        Assert.Contains("<a href=\"#idea\">Idea</a>", page);
        Assert.Contains("<a href=\"#idea-2\">Idea</a>", page);
        Assert.Contains("<h2 id=\"idea-2\">Idea</h2>", page);
        Assert.Contains("<a href=\"#code-1-2\">code &amp; 1 &lt; 2</a>", page);
        Assert.DoesNotContain(">Detail</a>", page);
    }

    [Fact]
    public void A_script_is_embedded_once_if_an_output_needs_it_and_cannot_end_early()
    {
        var chart = new ScriptResource("chart.js", "application/chart+json", () => Bytes("var chart = '</script><SCRIPT>';"));
        var other = new ScriptResource("other.js", "application/other+json", () => Bytes("var other;"));
        var page = Render([chart, other], null, Shows("""{"application/chart+json": {}, "text/html": "<div></div>"}"""), Shows("""{"application/chart+json": {}}"""));
        Assert.Equal(2, page.Split(@"<script>var chart = '\x3c/script>\x3cSCRIPT>';</script>").Length);
        Assert.DoesNotContain("var other", page);
    }

    [Fact]
    public void The_page_forbids_every_request_and_names_no_address_to_load()
    {
        var page = Page(Markdown("# T\n$x$\n![far](https://example.org/a.png)"), Code("1 + 1"));
        Assert.Contains("Content-Security-Policy\" content=\"default-src 'none'", page);
        var withoutScripts = Regex.Replace(page, "<script>.*?</script>", "", RegexOptions.Singleline);
        Assert.DoesNotMatch("<(img|script|link|iframe)[^>]*(src|href)=", withoutScripts);
        Assert.Contains("<a href=\"https://example.org/a.png\">far</a>", page);
    }

    [Fact]
    public void Pictures_of_the_prose_become_part_of_the_page()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "a b.png"), [1, 2, 3]);
        var attached = Markdown("![t](attachment:p.png)");
        attached["attachments"] = JsonNode.Parse("""{"p.png": {"image/png": "cG5n"}}""");
        var page = Render([], folder.Path, attached, Markdown("![u](a%20b.png)"));
        Assert.Contains("<img src=\"data:image/png;base64,cG5n\" alt=\"t\"", page);
        Assert.Contains("<img src=\"data:image/png;base64,AQID\" alt=\"u\"", page);
    }

    [Fact]
    public void Code_is_coloured_and_can_be_closed()
    {
        var hidden = Code("var b = 2;");
        hidden["metadata"]!["jupyter"] = new JsonObject { ["source_hidden"] = true };
        var page = Page(Code("var a = 1;\n"), hidden, Code("  \n"));
        Assert.Contains("<details class=\"input\" open>", page);
        Assert.Contains("<details class=\"input\"><summary>", page);
        Assert.Contains("<pre class=\"csharp\"><span class=\"k\">var</span> a = <span class=\"n\">1</span>;</pre>", page);
        Assert.Equal(3, page.Split("<section class=\"cell code\">").Length);
    }

    [Fact]
    public void The_head_line_tells_when_where_and_with_what_it_ran()
    {
        var notebook = Of(Shows("""{"application/vnd.lab.claims+json": {"claims": [{"name": "a", "verdict": "Holds"}]}}"""));
        notebook.Metadata["lab"] = JsonNode.Parse("""
            {"started": "2026-11-23T22:30:00.5Z", "seconds": 12.34, "profile": "quick", "version": "0.1.0",
             "parameters": {"epochs": 6, "family": "<CCT>", "trainSize": null}, "machine": {"os": "Linux", "cpu": "CPU X", "cores": 2}}
            """);
        var page = NotebookPage.Render(notebook, [], null);
        Assert.Contains(
            "<span>2026-11-23 22:30 UTC</span><span>ran 12.3 s</span><span>quick profile</span><span>CPU X, 2 cores, Linux</span><span>Lab 0.1.0</span><span class=\"holds\">claims: 1 hold</span>", page);
        Assert.Contains("<code>epochs = 6</code>, <code>family = &quot;", page);
        Assert.Contains("<code>trainSize = null</code>", page);
    }

    private static JsonObject Shows(string data)
    {
        var cell = Code("x");
        cell["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = JsonNode.Parse(data) });
        return cell;
    }

    private static string Page(params JsonObject[] cells) => Render([], null, cells);

    private static string Render(ScriptResource[] scripts, string? folder, params JsonObject[] cells) => NotebookPage.Render(Of(cells), scripts, folder);

    private static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));
}
