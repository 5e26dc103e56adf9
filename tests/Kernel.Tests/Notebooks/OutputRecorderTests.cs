using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Notebooks;

public class OutputRecorderTests
{
    [Fact]
    public void Neighbouring_pieces_of_a_stream_become_one_output() =>
        Assert.Equal(
            ["stdout: a\nb", "stderr: c", "stdout: d"],
            Streams(new StreamOutput("stdout", "a\n"), new StreamOutput("stdout", "b"), new StreamOutput("stderr", "c"), new StreamOutput("stdout", "d")));

    [Fact]
    public void A_display_between_two_pieces_keeps_them_apart() =>
        Assert.Equal(["stdout: a", "stdout: b"], Streams(new StreamOutput("stdout", "a"), new DisplayOutput(Plain("x"), null), new StreamOutput("stdout", "b")));

    [Theory]
    [InlineData("1%\r2%\r3%", "3%")]
    [InlineData("10%\r5%", "5%")]
    [InlineData("done\r", "done")]
    [InlineData("a\r\nb\r\n", "a\nb\n")]
    [InlineData("first\n1%\r2%\n", "first\n2%\n")]
    [InlineData("ab\bc", "ac")]
    [InlineData("a\n\b\bb", "a\nb")]
    public void A_line_that_is_redrawn_is_kept_as_it_ended(string written, string kept)
    {
        Assert.Equal(["stdout: " + kept], Streams(new StreamOutput("stdout", written)));
        Assert.Equal(["stdout: " + kept], Streams([.. written.Select(c => new StreamOutput("stdout", c.ToString()))]));
    }

    [Fact]
    public void An_update_reaches_every_earlier_display_with_its_id_across_cells()
    {
        var document = Of(Code("1"), Code("2"));
        var recorder = new OutputRecorder(document);
        var first = recorder.Begin(document.Cells[0]);
        first.Write(new DisplayOutput(Plain("old"), "bar"));
        first.Write(new DisplayOutput(Plain("other"), "else"));
        var second = recorder.Begin(document.Cells[1]);
        second.Write(new DisplayOutput(Plain("old"), "bar"));
        second.Write(new UpdateDisplayOutput(Plain("new"), "bar"));
        second.Write(new UpdateDisplayOutput(Plain("lost"), "never shown"));

        Assert.Equal(["new", "other"], Texts(document.Cells[0]));
        Assert.Equal(["new"], Texts(document.Cells[1]));
        Assert.DoesNotContain("display_id", document.Json.ToJsonString());
    }

    [Fact]
    public void Results_and_errors_have_the_fields_of_the_format()
    {
        var document = Of(Code("1"));
        document.Cells[0].ExecutionCount = 7;
        var sink = new OutputRecorder(document).Begin(document.Cells[0]);
        sink.Write(new ResultOutput(Plain("42")));
        sink.Write(new ErrorOutput("Boom", "it broke", ["line 1", "line 2"]));

        Assert.Equal(
            """[{"output_type":"execute_result","data":{"text/plain":"42"},"metadata":{},"execution_count":7},{"output_type":"error","ename":"Boom","evalue":"it broke","traceback":["line 1","line 2"]}]""",
            document.Cells[0].Outputs.ToJsonString());
    }

    [Fact]
    public void Running_a_cell_again_clears_what_it_showed()
    {
        var document = Of(Code("1"));
        var recorder = new OutputRecorder(document);
        recorder.Begin(document.Cells[0]).Write(new StreamOutput("stdout", "old"));
        recorder.Begin(document.Cells[0]).Write(new StreamOutput("stdout", "new"));
        recorder.Edit(d => Assert.Equal("new", Assert.Single(d.Cells[0].Outputs)!["text"]!.GetValue<string>()));
    }

    [Fact]
    public void Nothing_is_recorded_after_closing()
    {
        var document = Of(Code("1"));
        var recorder = new OutputRecorder(document);
        var sink = recorder.Begin(document.Cells[0]);
        recorder.Close();
        sink.Write(new StreamOutput("stdout", "late"));
        Assert.Empty(document.Cells[0].Outputs);
    }

    private static string[] Streams(params CellOutput[] outputs)
    {
        var document = Of(Code("1"));
        var recorder = new OutputRecorder(document);
        var sink = recorder.Begin(document.Cells[0]);
        foreach (var output in outputs) sink.Write(output);
        string[] streams = [];
        recorder.Edit(d => streams = [.. d.Cells[0].Outputs.Where(o => o!["name"] is not null).Select(o => $"{o!["name"]}: {o["text"]}")]);
        return streams;
    }

    private static string[] Texts(NotebookCell cell) => [.. cell.Outputs.Select(o => o!["data"]!["text/plain"]!.GetValue<string>())];

    private static JsonObject Plain(string text) => new() { ["text/plain"] = text };
}
