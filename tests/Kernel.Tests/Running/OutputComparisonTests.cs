using System.Text.Json.Nodes;
using CsCheck;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Running;

public class OutputComparisonTests
{
    [Theory]
    [InlineData("Wall time: 1.23 s", "Wall time: 912.5 ms")]
    [InlineData("step 100, 1234 samples/s, 3 min 4 s left", "step 100, 987.5 samples/s, 59 s left")]
    [InlineData("on 2026-01-02T03:04:05.123Z", "on 2026-01-02T04:00:00Z")]
    [InlineData("00:00:01.2345678", "00:01:00")]
    [InlineData("memory 1.2 GiB", "memory 998.0 MiB")]
    [InlineData("run 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "run 00000000-4f89-11d3-9a0c-0305e82c3301")]
    public void Times_rates_dates_memory_and_ids_may_differ(string first, string second) => Assert.Empty(Differences(Text(first), Text(second)));

    [Theory]
    [InlineData("loss 0.512", "loss 0.513")]
    [InlineData("after 100 steps", "after 101 steps")]
    [InlineData("accuracy 71.5 %", "accuracy 71.6 %")]
    [InlineData("12 tokens", "13 tokens")]
    [InlineData("k = 3", "k = 4")]
    public void Results_may_not(string first, string second) => Assert.Single(Differences(Text(first), Text(second)));

    [Fact]
    public void Masking_twice_is_masking_once() =>
        Gen.String[Gen.Char["0123456789abc.:- /sTZ%hmiGB"]].Sample(text => VolatileText.Mask(VolatileText.Mask(text)) == VolatileText.Mask(text));

    [Fact]
    public void A_difference_names_cell_output_form_line_and_both_texts() =>
        Assert.Equal(
            ["""Cell [2]: output 1, text/plain, line 2: "loss 0.5", then "loss 0.6" """.TrimEnd()],
            OutputComparison.Differences(Of(Run("a", Text("1")), Run("b", Text("x\nloss 0.5"))), Of(Run("a", Text("1")), Run("b", Text("x\nloss 0.6")))));

    [Fact]
    public void Figures_and_pictures_must_be_equal_to_the_last_digit()
    {
        Assert.Contains("+json", Assert.Single(Differences(Data("application/x+json", JsonNode.Parse("[1.0000001]")!), Data("application/x+json", JsonNode.Parse("[1.0000002]")!))));
        Assert.Contains("image/png", Assert.Single(Differences(Data("image/png", "AAAA"), Data("image/png", "AAAB"))));
    }

    [Fact]
    public void Html_says_what_may_differ() =>
        Assert.Empty(Differences(
            Data("text/html", "<td class=\"num\" data-volatile>1234</td><div id=\"x-00000000000000000000000000000000\">"),
            Data("text/html", "<td class=\"num\" data-volatile>987</td><div id=\"x-00000000000000000000000000000001\">")));

    [Fact]
    public void A_missing_output_and_another_kind_of_output_are_differences()
    {
        Assert.Equal("Cell [1]: 1 outputs, then 0", Assert.Single(Differences([Text("a")], [])));
        var stream = new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "a" };
        Assert.Equal("Cell [1]: output 1 is text/plain, then stdout", Assert.Single(Differences(Text("a"), stream)));
    }

    [Fact]
    public void A_cell_with_the_tag_of_nbval_may_differ_in_all()
    {
        var (first, second) = (Run("a", Text("1")), Run("a", Text("2")));
        first["metadata"]!["tags"] = new JsonArray("nbval-ignore-output");
        Assert.Empty(OutputComparison.Differences(Of(first), Of(second)));
    }

    [Fact]
    public void Other_code_is_no_second_run() =>
        Assert.Throws<ArgumentException>(() => OutputComparison.Differences(Of(Run("a")), Of(Run("b"))));

    private static IReadOnlyList<string> Differences(JsonObject first, JsonObject second) => Differences([first], [second]);

    private static IReadOnlyList<string> Differences(JsonObject[] first, JsonObject[] second) => OutputComparison.Differences(Of(Run("a", first)), Of(Run("a", second)));

    private static JsonObject Run(string source, params JsonObject[] outputs)
    {
        var cell = Code(source);
        cell["outputs"] = new JsonArray([.. outputs]);
        return cell;
    }

    private static JsonObject Text(string text) => Data("text/plain", text);

    private static JsonObject Data(string type, JsonNode value) =>
        new() { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = new JsonObject { [type] = value } };
}
