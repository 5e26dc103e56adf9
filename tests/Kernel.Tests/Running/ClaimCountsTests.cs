using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Running;

public class ClaimCountsTests
{
    [Fact]
    public void Claims_of_all_outputs_are_counted_by_verdict()
    {
        var counts = ClaimCounts.In(With("""{"claims": [{"name": "a", "verdict": "Holds"}, {"name": "b", "verdict": "Fails"}, {"name": "c", "verdict": "NotReproduced"}]}"""));
        Assert.Equal((1, 1, 1, 0, 0), (counts.Holds, counts.Fails, counts.NotReproduced, counts.HoldsNow, counts.Reported));
        Assert.Equal(["b"], counts.Failed);
        Assert.Equal("1 hold, 1 fail, 1 not reproduced", counts.ToString());
    }

    [Fact]
    public void A_notebook_without_claims_has_none() => Assert.Equal("none", ClaimCounts.In(Of(Code("1"))).ToString());

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"claims": [{"name": "a", "verdict": "Maybe"}]}""")]
    [InlineData("""{"claims": [{"name": "a"}]}""")]
    public void A_claims_output_of_another_form_is_an_error(string json) => Assert.Throws<FormatException>(() => ClaimCounts.In(With(json)));

    private static NotebookDocument With(string json)
    {
        var notebook = Of(Code("1"));
        notebook.Cells[0].Outputs = [new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = new JsonObject { [ClaimCounts.MimeType] = JsonNode.Parse(json) } }];
        return notebook;
    }
}
