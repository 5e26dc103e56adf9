using System.Text.Json.Nodes;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class LanguageRequestTests
{
    [Fact]
    public void A_completion_counts_in_code_points_and_has_types()
    {
        using var front = new FrontEnd();
        var reply = Complete(front, "var s = \"😀é\"; s.Leng + \"😀\"", 20).Content;

        Assert.Equal("ok", reply.String("status"));
        Assert.Equal(["Length"], reply["matches"]!.AsArray().Select(m => (string)m!));
        Assert.Equal((16, 20), (reply.Int("cursor_start"), reply.Int("cursor_end")));
        var typed = reply["metadata"]!["_jupyter_types_experimental"]![0]!.AsObject();
        Assert.Equal(("Length", "property", 16, 20), (typed.String("text"), typed.String("type"), typed.Int("start"), typed.Int("end")));
        Assert.Contains("int string.Length", typed.String("signature"));
    }

    [Fact]
    public void An_inspection_after_an_emoji_finds_the_name_under_the_cursor()
    {
        using var front = new FrontEnd();
        var reply = Inspect(front, "var s = \"😀😀\"; Math.Abs(1)", 21, 0);
        Assert.True((bool)reply["found"]!);
        Assert.Contains("Math.Abs", (string)reply["data"]!["text/plain"]!);
        Assert.NotNull(reply["data"]!["text/markdown"]);
        Assert.True(((string)Inspect(front, "Math.Abs(1)", 6, 1)["data"]!["text/plain"]!).Length > ((string)Inspect(front, "Math.Abs(1)", 6, 0)["data"]!["text/plain"]!).Length);
        Assert.False((bool)Inspect(front, "  ", 1, 0)["found"]!);
    }

    [Fact]
    public void In_a_subshell_completion_comms_and_cells_are_answered_while_a_cell_runs()
    {
        using var front = new FrontEnd();
        front.SendControl("create_subshell_request", []);
        var subshell = front.ControlReply().Content.String("subshell_id");
        var cell = front.SendCode("var running = 5; display(running); await Task.Delay(-1, Notebook.Current.Cancellation);");
        while (front.Published() is not { Type: "display_data" }) { }

        front.Subshell = subshell;
        Assert.Contains(Complete(front, "runn", 4).Content["matches"]!.AsArray(), m => (string)m! == "running");
        var (reply, published) = front.Run("running + 1");
        Assert.Equal("6", (string)published.Single(m => m.Type == "execute_result").Content["data"]!["text/plain"]!);
        Assert.Equal(subshell, reply.Parent.String("subshell_id"));

        front.Subshell = null;
        front.SendControl("interrupt_request", []);
        front.ControlReply();
        Assert.Equal(cell, front.ShellReply().ParentId);
    }

    [Fact]
    public void Subshells_are_listed_and_deleted_and_an_unknown_one_is_an_error()
    {
        using var front = new FrontEnd();
        front.SendControl("create_subshell_request", []);
        var subshell = front.ControlReply().Content.String("subshell_id");
        Assert.Equal([subshell], List());
        front.SendControl("delete_subshell_request", new() { ["subshell_id"] = subshell });
        Assert.Equal("ok", front.ControlReply().Content.String("status"));
        Assert.Empty(List());
        front.SendControl("delete_subshell_request", new() { ["subshell_id"] = subshell });
        Assert.Equal("error", front.ControlReply().Content.String("status"));
        front.Subshell = subshell;
        front.Send("kernel_info_request", []);
        Assert.Equal("error", front.ShellReply().Content.String("status"));

        IEnumerable<string> List()
        {
            front.SendControl("list_subshell_request", []);
            return front.ControlReply().Content["subshell_id"]!.AsArray().Select(id => (string)id!);
        }
    }

    [Theory]
    [InlineData("a😀b", 0, 0)]
    [InlineData("a😀b", 1, 1)]
    [InlineData("a😀b", 2, 3)]
    [InlineData("a😀b", 3, 4)]
    [InlineData("😀", 1, 2)]
    [InlineData("é\ud83d", 2, 2)]
    public void Positions_count_code_points_outside_and_units_inside(string text, int points, int units)
    {
        Assert.Equal(units, CodePoints.ToUtf16(text, points));
        Assert.Equal(points, CodePoints.FromUtf16(text, units));
        Assert.Equal(text.Length, CodePoints.ToUtf16(text, int.MaxValue));
    }

    private static Message Complete(FrontEnd front, string code, int position)
    {
        front.Send("complete_request", new() { ["code"] = code, ["cursor_pos"] = position });
        return front.ShellReply();
    }

    private static JsonObject Inspect(FrontEnd front, string code, int position, int level)
    {
        front.Send("inspect_request", new() { ["code"] = code, ["cursor_pos"] = position, ["detail_level"] = level });
        return front.ShellReply().Content;
    }
}
