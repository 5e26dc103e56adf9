using Lab.Plots;
using Plotly.NET;

namespace Lab.Tests.Plots;

public sealed class RunChartTests
{
    [Fact]
    public void An_axis_is_of_numbers_where_all_texts_are_and_else_of_words()
    {
        Assert.Equal([0.001, 2], ParallelAxis.Of("lr", ["1e-3", "2"]).Values);
        var words = ParallelAxis.Of("norm", ["pre", "post", "pre"]);
        Assert.Equal([0, 1, 0], words.Values);
        Assert.Equal(["pre", "post"], words.Words);
    }

    [Fact]
    public void Axes_must_have_as_many_values_each()
    {
        Assert.Throws<ArgumentException>(() => Charts.ParallelCoordinates([], []));
        Assert.Throws<ArgumentException>(() => Charts.ParallelCoordinates([new ParallelAxis("a", [1]), new ParallelAxis("b", [1, 2])], ["one"]));
    }

    [Fact]
    public void Every_axis_goes_from_its_smallest_to_its_largest_value_and_names_few_values_or_its_ends()
    {
        var axis = new ParallelAxis("a", [4, 2, 3, double.NaN]);
        Assert.Equal([1, 0, 0.5], axis.Values.Take(3).Select(axis.Place));
        Assert.True(double.IsNaN(axis.Place(double.NaN)));
        Assert.Equal(0.5, new ParallelAxis("b", [7, 7]).Place(7));
        Assert.Equal([2, 3, 4], axis.Ticks(3));
        Assert.Equal([2, 4], axis.Ticks(2));
    }

    [Fact]
    public void A_value_that_is_not_a_number_leaves_a_gap() =>
        Assert.Contains("null", GenericChart.toFigureJson(Charts.Boxes([new BoxGroup("a", [1, double.NaN])], "y", level: 2)));
}
