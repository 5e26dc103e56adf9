using System.Text.Json.Nodes;
using Lab.Metrics;
using Lab.Papers;
using Lab.Runtime;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;
using static TorchSharp.torch;

namespace Lab.Extensions.Tests.Formatters;

public sealed class TableFormatterTests
{
    [Fact]
    public void A_data_frame_shows_its_first_twenty_rows_and_counts_all()
    {
        var frame = new DataFrame(new StringDataFrameColumn("<b>model</b>", Enumerable.Range(0, 30).Select(i => $"m{i}")), new DoubleDataFrameColumn("loss", Enumerable.Range(0, 30).Select(i => i / 4.0)));
        Assert.Equal(["text/html", "text/plain"], Shown.MimeTypes(frame));

        var text = Shown.Text(frame).Split('\n');
        Assert.Equal("<b>model</b>  loss", text[0]);
        Assert.Equal("m19           4.75", text[21]);
        Assert.Equal("first 20 of 30 rows, 2 columns", text[^1]);

        var html = Shown.Html(frame);
        Assert.Contains("<th>&lt;b&gt;model&lt;/b&gt;</th><th class=\"num\">loss</th>", html);
        Assert.DoesNotContain("m20", html);
    }

    [Fact]
    public void Missing_values_are_empty_and_long_texts_are_cut()
    {
        var frame = new DataFrame(new StringDataFrameColumn("text", [null, new string('x', 1000)]), new PrimitiveDataFrameColumn<int>("n", [1, null]));
        Assert.DoesNotContain(new string('x', 200), Shown.Html(frame));
        Assert.Contains("2 rows, 2 columns", Shown.Text(frame));
    }

    [Fact]
    public void A_module_is_a_tree_of_layers_with_parameters()
    {
        using var net = nn.Sequential(("stem", nn.Conv2d(3, 8, 3)), ("head", nn.Sequential(nn.Linear(8, 10), nn.ReLU())));
        Assert.Equal(["text/html", "text/plain"], Shown.MimeTypes(net));
        Assert.Equal(
            """
            Sequential: 314 parameters, float32 on cpu
            ├─ stem: Conv2d  weight [8, 3, 3, 3]  bias [8]
            └─ head: Sequential  90
               ├─ 0: Linear  weight [10, 8]  bias [10]
               └─ 1: ReLU
            """, Shown.Text(net));
        Assert.Contains("stem: Conv2d", Shown.Html(net));
    }

    [Fact]
    public void Frozen_parameters_are_counted()
    {
        using var layer = nn.Linear(2, 3);
        layer.weight!.requires_grad = false;
        Assert.Equal("Linear: 9 parameters, float32 on cpu, 6 frozen", Shown.Text(layer));
    }

    [Fact]
    public void A_huge_module_is_cut_after_two_hundred_lines()
    {
        using var net = nn.Sequential(Enumerable.Range(0, 300).Select(i => ($"r{i}", (nn.Module<Tensor, Tensor>)nn.ReLU())));
        Assert.EndsWith("... 101 more layers", Shown.Text(net));
    }

    [Fact]
    public void A_model_summary_has_a_row_per_layer_and_the_totals_below()
    {
        using var net = nn.Sequential(("stem", nn.Linear(3, 8)), ("head", nn.Linear(8, 10)));
        using var input = zeros(1, 3);
        var summary = ModelSummary.Of(net, input);
        Assert.Equal(["text/html", "text/plain"], Shown.MimeTypes(summary));
        Assert.Equal(
            """
            Sequential
            layer  type    output  parameters  MACs, weights  MACs, products
            -----  ------  ------  ----------  -------------  --------------
            stem   Linear  1×8             32             24
            head   Linear  1×10            90             80
            122 parameters, 104 MACs in linear layers and convolutions, 104 with the products between activations
            """, Shown.Text(summary));
        Assert.Contains("<td class=\"num\">90</td>", Shown.Html(summary));
    }

    private static readonly Claims claims = new("compact-transformers",
    [
        new("CCT beats <ViT>", "94.8 vs 91.4 %", [5, 7, 6], "points") { Required = 4 },
        new("too little", "x", [1, 2, 5], "points") { Required = 3, SeedsRequired = 2 },
        new("found not to", "x", [double.NaN], "points") { Required = 3, NotReproduced = "too few samples" },
        new("now it does", "x", [4], "points") { Required = 3, NotReproduced = "too few samples" },
        new("shown only", "x", [], "points"),
    ]);

    [Fact]
    public void Claims_are_data_html_and_text() =>
        Assert.Equal(["application/vnd.lab.claims+json", "text/html", "text/plain"], Shown.MimeTypes(claims));

    [Fact]
    public void Verdicts_have_a_colour_and_a_symbol()
    {
        var html = Shown.Html(claims);
        Assert.Contains("""<td class="tick good">✓ holds (3 of 3)</td>""", html);
        Assert.Contains("""<td class="tick bad">✗ fails (1 of 3)</td>""", html);
        Assert.Contains("""<td class="tick odd">○ not reproduced</td><td class="words faint">too few samples</td>""", html);
        Assert.Contains("""<td class="tick odd">! holds now</td>""", html);
        Assert.Contains("""<td class="tick faint">· reported only</td>""", html);
        Assert.Contains("CCT beats &lt;ViT&gt;", html);
        Assert.DoesNotContain("<ViT>", html);
    }

    [Fact]
    public void Text_gives_mean_spread_and_seeds()
    {
        var text = Shown.Text(claims);
        Assert.Contains("+6 ± 1 points, 3 seeds", text);
        Assert.Contains("≥ +4 points in every seed", text);
        Assert.Contains("≥ +3 points in 2 of 3 seeds", text);
        Assert.Contains("not measured", text);
    }

    [Fact]
    public void The_runner_reads_verdicts_and_margins_from_the_data()
    {
        var json = JsonNode.Parse(claims.ToDisplayString("application/vnd.lab.claims+json"))!;
        Assert.Equal("compact-transformers", json["slug"]!.GetValue<string>());
        var items = json["claims"]!.AsArray();
        Assert.Equal(["Holds", "Fails", "NotReproduced", "HoldsNow", "Reported"], items.Select(item => item!["verdict"]!.GetValue<string>()));
        Assert.Equal("""{"name":"too little","reported":"x","margins":[1,2,5],"unit":"points","required":3,"seedsRequired":2,"seedsHeld":1,"verdict":"Fails","notReproduced":null}""", items[1]!.ToJsonString());
        Assert.Equal("[null]", items[2]!["margins"]!.ToJsonString());
    }

    [Fact]
    public void A_paper_is_a_card_with_its_link()
    {
        var paper = PaperCatalogue.Find("compact-transformers") with { Title = "A <b>title</b>" };
        var html = Shown.Html(paper);
        Assert.Contains("A &lt;b&gt;title&lt;/b&gt;", html);
        Assert.Contains("href=\"https://arxiv.org/abs/2104.05704\"", html);
        Assert.Contains("98.00 %", Shown.Text(paper));
    }

    [Fact]
    public void The_runtime_report_names_versions_devices_and_memory()
    {
        var text = Shown.Text(RuntimeReport.Now());
        foreach (var word in new[] { "Lab", ".NET", "TorchSharp", "libtorch", "cpu (", "threads", "live tensors", "MiB" }) Assert.Contains(word, text);
    }

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1024 * 1536, "1.5 MiB")]
    [InlineData(3L << 30, "3.0 GiB")]
    public void Bytes_come_in_a_readable_unit(long bytes, string text) => Assert.Equal(text, Lab.Extensions.Formatters.Format.Bytes(bytes));

    [Fact]
    public void No_output_sets_a_fixed_ground_or_text_colour()
    {
        using var net = nn.Linear(2, 3);
        using var matrix = zeros(4, 4);
        object[] values = [claims, PaperCatalogue.All[0], net, matrix, RuntimeReport.Now(), new DataFrame(new Int32DataFrameColumn("n", 3))];
        Assert.All(values.Select(Shown.Html), html =>
        {
            Assert.DoesNotMatch(@"background(-color)?:\s*(#|white|black|rgb)", html);
            Assert.DoesNotMatch(@"[^-]color:\s*(#|white|black|rgb)", html);
        });
    }
}
