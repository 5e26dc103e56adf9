using System.Text.Json.Nodes;
using Lab.Plots;
using Microsoft.DotNet.Interactive.Formatting;

namespace Lab.Extensions.Tests.Formatters;

public sealed class ChartFormatterTests
{
    private static readonly Series line = new("CCT </script>", [1, 2, 3], [0.5, double.NaN, 0.7]);

    [Fact]
    public void A_chart_is_a_plotly_figure_html_and_text() =>
        Assert.Equal(["application/vnd.plotly.v1+json", "text/html", "text/plain"], Shown.MimeTypes(Charts.Lines([line], "step", "accuracy")));

    [Fact]
    public void The_figure_holds_data_and_layout_and_a_gap_where_a_value_is_no_number()
    {
        var figure = JsonNode.Parse(Charts.Lines([line], "step", "accuracy (%)", "All", logX: true).ToDisplayString("application/vnd.plotly.v1+json"))!;
        Assert.Equal(["data", "layout"], figure.AsObject().Select(p => p.Key));
        Assert.Equal("[0.5,null,0.7]", figure["data"]![0]!["y"]!.ToJsonString());
        Assert.Equal("log", figure["layout"]!["xaxis"]!["type"]!.GetValue<string>());
        Assert.Equal("accuracy (%)", figure["layout"]!["yaxis"]!["title"]!["text"]!.GetValue<string>());
        Assert.Equal("rgba(0,0,0,0)", figure["layout"]!["paper_bgcolor"]!.GetValue<string>());
    }

    [Fact]
    public void Html_loads_nothing_from_the_network_and_cannot_be_left_by_a_name()
    {
        var html = Shown.Html(Charts.Lines([line], "step", "accuracy"));
        Assert.DoesNotContain("http", html);
        Assert.Equal(html.LastIndexOf("</script>", StringComparison.Ordinal), html.IndexOf("</script>", StringComparison.Ordinal));
        Assert.Contains("kernelspecs/lab-csharp/plotly.min.js", html);
    }

    [Fact]
    public void Text_names_title_axes_and_series() =>
        Assert.Equal("Chart 'All': step -> accuracy (CCT </script>)", Shown.Text(Charts.Lines([line], "step", "accuracy", "All")));

    [Fact]
    public void Charts_made_with_plotly_alone_are_shown_too_and_have_clear_grounds()
    {
        var chart = Plotly.NET.CSharp.Chart.Line<int, int, string>([1, 2], [3, 4]);
        var figure = JsonNode.Parse(chart.ToDisplayString("application/vnd.plotly.v1+json"))!;
        Assert.Equal("rgba(0,0,0,0)", figure["layout"]!["template"]!["layout"]!["paper_bgcolor"]!.GetValue<string>());
    }

    [Fact]
    public void Plotly_functions_change_an_axis_of_ours_instead_of_replacing_it()
    {
        var chart = Charts.Lines([line], "step", "accuracy");
        var changed = Plotly.NET.CSharp.GenericChartExtensions.WithXAxisStyle<double, double, string>(chart, MinMax: Tuple.Create(0.0, 5.0));
        var axis = JsonNode.Parse(changed.ToDisplayString("application/vnd.plotly.v1+json"))!["layout"]!["xaxis"]!;
        Assert.Equal("[0.0,5.0]", axis["range"]!.ToJsonString());
        Assert.Equal("step", axis["title"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public void The_script_is_plotly_with_its_licence_line()
    {
        var script = Assert.Single(new LabExtension().Scripts);
        Assert.Equal(("plotly.min.js", "application/vnd.plotly.v1+json"), (script.FileName, script.MimeType));
        using var reader = new StreamReader(script.Open());
        var source = reader.ReadToEnd();
        Assert.Contains("LICENSE", source[..200]);
        Assert.True(source.Length > 1_000_000);
    }
}
