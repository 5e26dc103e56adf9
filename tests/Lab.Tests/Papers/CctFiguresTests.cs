using System.Text.Json;
using Lab.Data;
using Lab.Papers.CompactTransformers;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class CctFiguresTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly CctResults results;
    private readonly Tensor pixels = full([3, 32, 32], 128, ScalarType.Byte);

    public CctFiguresTests()
    {
        var arms = CctExperiment.Quick.Arms;
        double[] accuracies = [30, 28, 43, 27, 42.5, 30];
        results = new(CctScale.Quick, [.. arms.Select((arm, i) =>
            new CctRun(arm, 0, new CompactTransformer(arm.Model), [new(100, accuracies[i] / 2, 1.5), new(200, accuracies[i], 1.2)], accuracies[i], 0, 1_000 * (i + 1), default, 1))],
            Normalization.Signed);
    }

    public void Dispose()
    {
        results.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void Curves_run_over_samples_and_tell_loss_parameters_and_macs()
    {
        var traces = Traces(CctFigures.AccuracyCurves(results));
        Assert.Equal(6, traces.Length);
        Assert.Equal([100, 200], Numbers(traces[2], "x"));
        Assert.Equal([21.5, 43], Numbers(traces[2], "y"));
        Assert.Contains("loss 1.20", traces[2].GetProperty("hovertext")[1].GetString());
    }

    [Fact]
    public void Reported_points_have_an_axis_of_their_own()
    {
        var chart = CctFigures.AccuracyOverParameters(results);
        var traces = Traces(chart);
        Assert.Equal(5, Numbers(traces[0], "x").Length); // the arm on half of the images is no other model
        Assert.Equal("y2", traces[1].GetProperty("yaxis").GetString());
        Assert.Contains(94.78, Numbers(traces[1], "y"));
        var axis = JsonSerializer.Deserialize<JsonElement>(GenericChart.toFigureJson(chart)).GetProperty("layout").GetProperty("yaxis2");
        Assert.Equal("right", axis.GetProperty("side").GetString());
    }

    [Fact]
    public void Bars_show_what_positions_are_worth() =>
        Assert.Equal([1, 0.5], Numbers(Traces(CctFigures.PositionDrops(results))[0], "y"));

    [Theory]
    [InlineData(CompactFamily.ViTLite, "class token's attention")]
    [InlineData(CompactFamily.CCT, "pooling weights")]
    public void A_token_map_lies_over_the_picture(CompactFamily family, string title)
    {
        var map = CctFigures.TokenMap(results, results.Find(family)[0], pixels);
        Assert.Equal([3, 32, 32], map.Image.shape);
        Assert.Equal([8, 8], map.Weights.shape);
        Assert.Contains(title, map.Title);
    }

    [Fact]
    public void Kernels_are_tiles_over_the_full_range()
    {
        var grid = CctFigures.FirstKernels(results.Find(CompactFamily.CCT)[0].Model);
        Assert.Equal([32, 3, 3, 3], grid.Images.shape);
        Assert.All(grid.Images.amax([1, 2, 3]).data<float>(), high => Assert.Equal(1, high, 1e-5));
        Assert.All(grid.Images.amin([1, 2, 3]).data<float>(), low => Assert.Equal(0, low, 1e-5));
    }

    [Fact]
    public void The_field_of_a_token_is_framed_where_the_layers_say()
    {
        var drawing = CctFigures.ReceptiveFields(results.Find(CompactFamily.CCT)[0].Model, pixels, row: 4, column: 4, scale: 4).Images[0];
        Assert.Equal([3, 128, 128], drawing.shape);
        // Token (4, 4) sees pixels 10 .. 22: its frame goes from 40 to 92 in the drawing.
        Assert.Equal(0.90f, drawing[0, 40, 60].item<float>());
        Assert.Equal(0.90f, drawing[0, 60, 91].item<float>());
        Assert.Equal(128 / 255f, drawing[0, 60, 60].item<float>(), 1e-6);
        Assert.Equal(128 / 255f, drawing[0, 39, 42].item<float>(), 1e-6);
    }

    [Fact]
    public void A_field_that_reaches_over_the_border_is_cut_off_there()
    {
        var drawing = CctFigures.ReceptiveFields(results.Find(CompactFamily.CCT)[0].Model, pixels, row: 0, column: 0, scale: 4).Images[0];
        Assert.Equal(0.90f, drawing[0, 0, 10].item<float>());
    }

    [Fact]
    public void Patches_of_neighbours_touch_but_do_not_overlap()
    {
        var grid = CctFigures.ReceptiveFields(results.Find(CompactFamily.CVT)[0].Model, pixels, row: 1, column: 1);
        Assert.Equal(["4x4 pixels per token, one token every 4"], grid.Captions!);
    }

    private static JsonElement[] Traces(GenericChart chart) =>
        [.. JsonSerializer.Deserialize<JsonElement>(GenericChart.toFigureJson(chart)).GetProperty("data").EnumerateArray()];

    private static double[] Numbers(JsonElement trace, string name) => [.. trace.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}
