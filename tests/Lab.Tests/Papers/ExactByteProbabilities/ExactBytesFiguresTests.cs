using System.Text.Json;
using Lab.Papers.ExactByteProbabilities;
using Plotly.NET;
using static Lab.Tests.Papers.ExactByteProbabilities.ToyLaws;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public class ExactBytesFiguresTests
{
    [Fact]
    public void A_cover_tree_has_a_row_per_encoding_as_tall_as_it_is_probable_and_a_line_where_the_prompt_ends()
    {
        var figure = Figure(ExactBytesFigures.CoverTree(ThreeLetters, Ascii("cab"), []));
        var trace = figure.GetProperty("data")[0];
        Assert.Equal(["c", "a", "b", "c", "abc"], Texts(trace, "text")); // 2/3 above 1/3
        Assert.Equal([0, 1, 2, 0, 1], Numbers(trace, "base"));
        Assert.Equal([1, 1, 1, 1, 3], Numbers(trace, "x"));
        var heights = Numbers(trace, "width");
        Near(0.12 + 0.88 * 2 / 3, heights[0], 1e-9);
        Near(0.12 + 0.88 / 3, heights[4], 1e-9);
        Assert.Equal(3, figure.GetProperty("layout").GetProperty("shapes")[0].GetProperty("x0").GetDouble());
        Assert.Equal(["66.7", "33.3"], figure.GetProperty("layout").GetProperty("yaxis").GetProperty("ticktext").EnumerateArray().Select(t => t.GetString()));
    }

    [Fact]
    public void A_slider_shows_one_prompt_at_a_time_with_its_own_title_line_and_axis()
    {
        var figure = Figure(ExactBytesFigures.CoverTrees(ThreeLetters, new Excerpt([], Ascii("cabc")), active: 3));
        Assert.Equal([false, false, true, false], figure.GetProperty("data").EnumerateArray().Select(trace => trace.GetProperty("visible").GetBoolean()));
        var slider = figure.GetProperty("layout").GetProperty("sliders")[0];
        Assert.Equal(2, slider.GetProperty("active").GetInt32());
        var step = slider.GetProperty("steps")[1];
        Assert.Equal("a", step.GetProperty("label").GetString());
        Assert.Equal([false, true, false, false], step.GetProperty("args")[0].GetProperty("visible").EnumerateArray().Select(v => v.GetBoolean()));
        var changes = step.GetProperty("args")[1];
        Assert.Equal(2, changes.GetProperty("shapes")[0].GetProperty("x0").GetDouble());
        Assert.Contains("ca", changes.GetProperty("title").GetProperty("text").GetString());
        Assert.True(changes.GetProperty("yaxis").TryGetProperty("tickvals", out _));
    }

    [Fact]
    public void Costs_are_those_of_the_laws_with_borders_where_tokens_begin()
    {
        var law = Chain(2).Law; // texts of twelve letters
        var figure = Figure(ExactBytesFigures.Costs(law, new Excerpt([], Ascii("ABBABA"))));
        var rows = figure.GetProperty("data")[0].GetProperty("z").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray()).ToArray();
        Near(-Math.Log2(ByteView.Behind(law, Ascii("ABB")).Law()['A']), rows[1][3], 1e-9);
        Near(Math.Min(12, -Math.Log2(NaiveBytes.Law(law, Ascii("ABB"))['A'])), rows[0][3], 1e-9);
        Assert.Equal(law.Tokenizer.Encode("ABBABA").Length, figure.GetProperty("layout").GetProperty("shapes").GetArrayLength());
    }

    [Fact]
    public void Points_of_the_known_source_are_predictions_over_truth()
    {
        var chain = ChainErrors.Of(3, 6, 1);
        var traces = Figure(ExactBytesFigures.KnownSource(chain)).GetProperty("data");
        Assert.Equal(["naive", "healed", "exact"], traces.EnumerateArray().Select(trace => trace.GetProperty("name").GetString()));
        Assert.Equal(Numbers(traces[2], "x"), Numbers(traces[2], "y"));
        Assert.Equal(chain.Points.Count(p => p.Naive is null && p.Prefix.Length <= 6), traces[0].GetProperty("y").EnumerateArray().Count(y => y.ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public void The_weight_of_who_was_right_follows_from_the_bits()
    {
        var reading = new EnsembleReading(Ascii("ab"), [1, 3], [2, 1], [1.4, 1.7], [1, 3], 0);
        var rows = Figure(ExactBytesFigures.WhoWasRight(reading)).GetProperty("data")[0].GetProperty("z");
        Near(2 / 3.0, rows[0][0].GetDouble(), 1e-9); // 1/2 against 1/4
        Near(0.2, rows[0][1].GetDouble(), 1e-9); // 1/8 against 1/2
        Near(0.8, rows[1][1].GetDouble(), 1e-9);
    }

    [Fact]
    public void An_excerpt_starts_where_a_piece_does_and_has_text_before_it()
    {
        var text = Ascii(string.Concat(Enumerable.Range(100, 80).Select(i => $" {i}")));
        var excerpt = Excerpt.Of(text, place: 202, pieces: 3);
        Assert.Equal(" 151 152 153", System.Text.Encoding.ASCII.GetString(excerpt.Bytes));
        Assert.Equal(160, excerpt.Before.Length);
        Assert.Contains("no 3 pieces", Assert.Throws<ArgumentException>(() => Excerpt.Of(text, 315, 3)).Message);
        Assert.Equal("a·b↵<C3>", Excerpt.Show([(byte)'a', (byte)' ', (byte)'b', (byte)'\n', 0xC3]));
    }

    [Fact]
    public void The_table_of_readings_shows_the_closed_form()
    {
        var source = new MarkovSource("AB", 1, seen => seen switch { "" => [0.5, 0.5], "A" => [A, 1 - A], _ => [B, 1 - B] });
        var table = ExactBytesTables.Readings(TwoLetters, source, "BA", "BAA");
        Assert.Equal(["B|A", "B|AA"], table.Columns["encoding"].Cast<string>());
        Assert.Equal([0.0, A], table.Columns["naive"].Cast<double>().Select(v => Math.Round(v, 9)));
        Assert.Equal([A, A], table.Columns["exact"].Cast<double>().Select(v => Math.Round(v, 9)));
    }

    private static JsonElement Figure(GenericChart chart) => JsonSerializer.Deserialize<JsonElement>(GenericChart.toFigureJson(chart));

    private static double[] Numbers(JsonElement trace, string name) => [.. trace.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    private static string[] Texts(JsonElement trace, string name) => [.. trace.GetProperty(name).EnumerateArray().Select(v => v.GetString()!)];
}
