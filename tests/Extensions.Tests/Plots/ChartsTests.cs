using System.Text.Json.Nodes;
using Lab.Plots;
using Plotly.NET;

namespace Lab.Extensions.Tests.Plots;

public sealed class ChartsTests
{
    [Fact]
    public void Bars_stand_in_groups_with_their_spread()
    {
        var data = Figure(Charts.Bars(["CVT", "CCT"], [new("with", [60, 70]) { Spread = [1, 2] }, new("without", [50, 69])], "top-1 (%)"))["data"]!.AsArray();
        Assert.Equal(["with", "without"], data.Select(bars => bars!["name"]!.GetValue<string>()));
        Assert.Equal("[\"CVT\",\"CCT\"]", data[0]!["x"]!.ToJsonString());
        Assert.Equal("[1.0,2.0]", data[0]!["error_y"]!["array"]!.ToJsonString());
        Assert.Null(data[1]!["error_y"]);
    }

    [Fact]
    public void A_loss_curve_is_the_pale_run_and_its_moving_average()
    {
        double[] steps = [.. Enumerable.Range(0, 200)], alternating = [.. steps.Select(step => step % 2 == 0 ? 1.0 : 3.0)];
        var data = Figure(Charts.LossCurve([new("run", steps, alternating) { Hover = [.. steps.Select(step => $"step {step}")] }]))["data"]!.AsArray();
        Assert.Equal([0.3, 1.0], data.Select(line => line!["opacity"]?.GetValue<double>() ?? 1));
        Assert.InRange(data[1]!["y"]!.AsArray()[^1]!.GetValue<double>(), 1.8, 2.2);
    }

    [Fact]
    public void The_moving_average_of_a_constant_is_that_constant_and_skips_what_is_not_a_number()
    {
        var curve = Figure(Charts.LossCurve([new("run", [1, 2, 3], [2, double.NaN, 2])]))["data"]![1]!["y"]!;
        Assert.Equal("[2.0,null,2.0]", curve.ToJsonString());
    }

    [Fact]
    public void Points_of_a_scatter_have_words()
    {
        var cloud = Figure(Charts.Scatter([new("ours", [1, 2], [3, 4]) { Hover = ["CCT-2", "CCT-7"] }], "parameters", "top-1 (%)"))["data"]![0]!;
        Assert.Equal(("markers", "[\"CCT-2\",\"CCT-7\"]"), (cloud["mode"]!.GetValue<string>(), cloud["hovertext"]!.ToJsonString()));
    }

    [Fact]
    public void A_heat_map_has_named_cells_and_gaps()
    {
        var figure = Figure(Charts.HeatMap(["a", "b"], ["x", "y", "z"], [[1, double.NaN, 2], [3, 4, 5]], "columns", "rows", "|x|"));
        var cells = figure["data"]![0]!;
        Assert.Equal(("heatmap", "[[1.0,null,2.0],[3.0,4.0,5.0]]", "[\"a\",\"b\"]"), (cells["type"]!.GetValue<string>(), cells["z"]!.ToJsonString(), cells["y"]!.ToJsonString()));
        Assert.Equal("reversed", figure["layout"]!["yaxis"]!["autorange"]!.GetValue<string>()); // the first row is on top
        Assert.Contains("2 rows of 1", Assert.Throws<ArgumentException>(() => Charts.HeatMap(["a", "b"], ["x", "y"], [[1], [2]], "", "", "")).Message);
    }

    [Fact]
    public void Stacked_bars_lie_on_each_other()
    {
        var figure = Figure(Charts.StackedBars(["en", "fi"], [new("encoder", [1, 2]), new("head", [3, 4])], "MFLOP"));
        Assert.Equal("stack", figure["layout"]!["barmode"]!.GetValue<string>());
        Assert.Equal(2, figure["data"]!.AsArray().Count);
    }

    [Fact]
    public void A_strip_shows_each_unit_where_it_lies_in_the_colour_of_its_value()
    {
        var strip = Figure(Charts.Strips([new("words", [0, 4, 6], [1.5, 3], ["the·", "a·"])], "byte", "bits"))["data"]![0]!;
        Assert.Equal(("[4.0,2.0]", "[0.0,4.0]"), (strip["x"]!.ToJsonString(), strip["base"]!.ToJsonString()));
        Assert.Equal("[1.5,3.0]", strip["marker"]!["color"]!.ToJsonString());
        Assert.Equal("the·: 1.50 bits", strip["hovertext"]![0]!.GetValue<string>());
    }

    [Fact]
    public void Numbers_that_do_not_belong_together_are_refused()
    {
        Assert.Contains("2 x and 1 y", Assert.Throws<ArgumentException>(() => new Series("a", [1, 2], [1])).Message);
        Assert.Contains("2 points and words for 1", Assert.Throws<ArgumentException>(() => new Series("a", [1, 2], [1, 2]) { Hover = ["x"] }).Message);
        Assert.Contains("1 bars and 2 spreads", Assert.Throws<ArgumentException>(() => new BarGroup("a", [1]) { Spread = [1, 2] }).Message);
        Assert.Contains("1 values for 2 categories", Assert.Throws<ArgumentException>(() => Charts.Bars(["a", "b"], [new("x", [1])], "y")).Message);
        Assert.Contains("1 values for 2 cells", Assert.Throws<ArgumentException>(() => Charts.HeatStrip(["a", "b"], [new("x", [1])], [], "bits")).Message);
        Assert.Contains("at least one row", Assert.Throws<ArgumentException>(() => Charts.TokenRows([], 1, "x", "y")).Message);
        Assert.Contains("at least one chart", Assert.Throws<ArgumentException>(() => Charts.Slides([], "cut")).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Charts.Slides([("a", Charts.Bars(["A"], [new("x", [1])], "y"))], "cut", active: 1));
        Assert.Contains("2 units, but 1 values", Assert.Throws<ArgumentException>(() => new Strip("a", [0, 1, 2], [1], ["x", "y"])).Message);
        Assert.Contains("at least one series", Assert.Throws<ArgumentException>(() => Charts.Lines([], "x", "y")).Message);
    }

    private static JsonNode Figure(GenericChart chart) => JsonNode.Parse(GenericChart.toFigureJson(chart))!;
}
