using System.Security.Cryptography;
using Lab.Kernel.Jupyter;
using Lab.Kernel.Session;
using NetMQ;
using NetMQ.Sockets;

namespace Kernel.Tests.Jupyter;

public sealed class KernelServerTests
{
    [Fact]
    public void A_kernel_introduces_itself_on_shell_and_control()
    {
        using var front = new FrontEnd();
        var ids = new[] { front.Send("kernel_info_request", []), front.SendControl("kernel_info_request", []) };
        var replies = new[] { front.ShellReply(), front.ControlReply() };

        Assert.Equal(ids, replies.Select(r => r.ParentId));
        Assert.All(replies, reply =>
        {
            Assert.Equal("kernel_info_reply", reply.Type);
            Assert.Equal("5.5", reply.Content.String("protocol_version"));
            Assert.Equal("csharp", reply.Content["language_info"]!.AsObject().String("name"));
            Assert.Equal("é", reply.Parent.String("an_extra_field"));
        });
    }

    [Fact]
    public void A_listener_is_welcomed()
    {
        using var front = new FrontEnd();
        Assert.Equal("", front.Welcome.Content.String("subscription"));
        Assert.Equal("{}", front.Welcome.ParentText);
    }

    [Fact]
    public void A_cell_goes_from_busy_over_its_outputs_to_the_reply_and_idle()
    {
        using var front = new FrontEnd();
        var (reply, published) = front.Run("Console.Write(\"a\"); Console.Write(\"b\"); Console.Error.Write(\"c\"); display(\"shown\");\n6 * 7");

        Assert.Equal(["busy", "execute_input", "stream", "stream", "display_data", "execute_result", "idle"], published.Select(m => m.Name));
        Assert.Equal("ab", published[2].Content.String("text"));
        Assert.Equal("stderr", published[3].Content.String("name"));
        Assert.Equal("shown", (string)published[4].Content["data"]!["text/plain"]!);
        Assert.Equal("42", (string)published[5].Content["data"]!["text/plain"]!);
        Assert.Equal(1, published[5].Content.Int("execution_count"));
        Assert.Equal("ok", reply.Content.String("status"));
        Assert.Equal(1, reply.Content.Int("execution_count"));
    }

    [Fact]
    public void An_updated_display_repeats_its_display_id_in_transient()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("var shown = display(\"first\"); shown.Update(\"second\");");

        Assert.Equal(["display_data", "update_display_data"], published.Skip(2).SkipLast(1).Select(m => m.Type));
        Assert.Equal((string?)published[2].Content["transient"]!["display_id"], (string?)published[3].Content["transient"]!["display_id"]);
        Assert.Equal("second", (string)published[3].Content["data"]!["text/plain"]!);
    }

    [Fact]
    public void Only_cells_that_are_kept_in_the_history_are_counted_and_silent_ones_show_nothing()
    {
        using var front = new FrontEnd();
        Assert.Equal(1, front.Run("1").Reply.Content.Int("execution_count"));
        Assert.Equal(1, front.Run("2", storeHistory: false).Reply.Content.Int("execution_count"));
        var silent = front.Run("Console.WriteLine(3); var kept = 3; kept", silent: true);
        Assert.Equal(["busy", "idle"], silent.Published.Select(m => m.Name));
        Assert.Equal("ok", silent.Reply.Content.String("status"));
        Assert.Equal(2, front.Run("kept").Reply.Content.Int("execution_count"));
    }

    [Fact]
    public void An_error_aborts_the_cells_that_wait_but_not_those_that_come_later()
    {
        using var front = new FrontEnd();
        var waiting = front.SendCode("display(\"runs\"); await Task.Delay(-1, Notebook.Current.Cancellation);");
        while (front.Published() is not { Type: "display_data" }) { }
        front.SendCode("display(\"second\")");
        front.SendCode("display(\"third\")");
        var info = front.Send("kernel_info_request", []);
        for (var i = 0; i < 3; i++) // after a few answers on the other socket, the shell's messages are in as well
        {
            front.SendControl("kernel_info_request", []);
            front.ControlReply();
        }

        front.SendControl("interrupt_request", []);
        Assert.Equal("interrupt_reply", front.ControlReply().Type);
        var replies = Enumerable.Range(0, 4).Select(_ => front.ShellReply()).ToList();

        Assert.Equal(waiting, replies[0].ParentId);
        Assert.Equal("Interrupted", replies[0].Content.String("ename"));
        Assert.Equal(["error", "aborted", "aborted", "ok"], replies.Select(r => r.Content.String("status")));
        Assert.DoesNotContain("display_data", front.PublishedFor(info).Select(m => m.Type));
        Assert.Equal(2, front.Run("\"runs\"").Reply.Content.Int("execution_count"));
    }

    [Fact]
    public void An_error_has_name_message_and_lines_in_output_and_reply()
    {
        using var front = new FrontEnd();
        var (reply, published) = front.Run("int a = 0;\nvar b = 1 / a;");

        Assert.Equal(["busy", "execute_input", "error", "idle"], published.Select(m => m.Name));
        Assert.Equal("DivideByZeroException", published[2].Content.String("ename"));
        Assert.Null(published[2].Content["status"]);
        Assert.Equal("error", reply.Content.String("status"));
        Assert.Equal(1, reply.Content.Int("execution_count"));
        Assert.Contains(reply.Content["traceback"]!.AsArray(), line => ((string)line!).Contains("Cell [1], line 2"));
    }

    [Fact]
    public void Forged_replayed_and_truncated_messages_are_dropped_and_the_next_is_answered()
    {
        using var front = new FrontEnd();
        var good = front.Frames("execute_request", new() { ["code"] = "1" }, out var first);
        var forged = front.Frames("execute_request", new() { ["code"] = "Environment.Exit(1)" }, out _);
        forged[1][0] ^= 1;
        front.SendShell(good);
        front.SendShell(good);
        front.SendShell(forged);
        front.SendShell(good[..4]);
        front.SendShell([0xff]);
        front.SendShell([.. front.Frames("execute_request", new() { ["code"] = "2" }, out var second), [1, 2], []]);

        var replies = new[] { front.ShellReply(), front.ShellReply() };
        Assert.Equal([first, second], replies.Select(r => r.ParentId));
        Assert.Equal([1, 2], replies.Select(r => r.Content.Int("execution_count")));
    }

    [Fact]
    public void An_interrupted_cell_ends_and_the_session_keeps_its_variables()
    {
        using var front = new FrontEnd();
        var id = front.SendCode("var kept = 5; display(kept); await Task.Delay(-1, Notebook.Current.Cancellation);");
        while (front.Published() is not { Type: "display_data" }) { }
        front.SendControl("interrupt_request", []);

        Assert.Equal("ok", front.ControlReply().Content.String("status"));
        Assert.Equal("error", front.ShellReply().Content.String("status"));
        front.PublishedFor(id);
        front.SendControl("interrupt_request", []); // an idle kernel is not hurt by one
        Assert.Equal("ok", front.ControlReply().Content.String("status"));
        Assert.Contains(front.Run("kept + 1").Published, m => m.Type == "execute_result" && (string)m.Content["data"]!["text/plain"]! == "6");
    }

    [Fact]
    public void Code_is_complete_incomplete_or_invalid_and_says_how_far_to_indent()
    {
        using var front = new FrontEnd();
        Assert.Equal("""{"status":"complete"}""", IsComplete("var a = 1;\na + 1"));
        Assert.Equal("""{"status":"incomplete","indent":"    "}""", IsComplete("if (true) {"));
        Assert.Equal("""{"status":"invalid"}""", IsComplete("var x = = 2;"));

        string IsComplete(string code)
        {
            front.Send("is_complete_request", new() { ["code"] = code });
            return front.ShellReply().Content.ToJsonString();
        }
    }

    [Fact]
    public void Ten_thousand_prints_make_few_messages_and_lose_nothing()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("for (var i = 0; i < 10_000; i++) Console.WriteLine(i);");
        var streams = published.Where(m => m.Type == "stream").ToList();

        Assert.Equal(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i}\n")), string.Concat(streams.Select(m => m.Content.String("text"))));
        Assert.InRange(streams.Count, 1, 1_000);
    }

    [Fact]
    public void Output_of_a_task_that_outlives_its_cell_belongs_to_that_cell()
    {
        using var front = new FrontEnd();
        var first = front.SendCode("var go = new TaskCompletionSource(); var late = Task.Run(async () => { await go.Task; display(\"late\"); });");
        front.PublishedFor(first);
        front.SendCode("go.SetResult(); await late;");

        Message message;
        do message = front.Published();
        while (message.Type != "display_data");
        Assert.Equal(first, message.ParentId);
    }

    [Fact]
    public void A_message_of_an_unknown_type_is_busy_then_idle_without_an_answer()
    {
        using var front = new FrontEnd();
        Assert.Equal(["busy", "idle"], front.PublishedFor(front.Send("dance_request", [])).Select(m => m.Name));
        var info = front.Send("kernel_info_request", []);
        Assert.Equal(info, front.ShellReply().ParentId);
    }

    [Fact]
    public void A_request_with_a_wrong_field_is_answered_with_an_error()
    {
        using var front = new FrontEnd();
        front.Send("execute_request", new() { ["code"] = 7 });
        var reply = front.ShellReply();
        Assert.Equal("error", reply.Content.String("status"));
        Assert.Contains("code", reply.Content.String("evalue"));
    }

    [Fact]
    public void The_heartbeat_is_an_echo_also_while_a_cell_runs()
    {
        using var front = new FrontEnd();
        front.SendCode("await Task.Delay(-1, Notebook.Current.Cancellation);");
        using var heart = new RequestSocket($">tcp://127.0.0.1:{front.File.Heartbeat}");
        heart.SendFrame([1, 0, 255]);
        Assert.True(heart.TryReceiveFrameBytes(TimeSpan.FromSeconds(60), out var echo));
        Assert.Equal([1, 0, 255], echo);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Shutdown_is_answered_published_and_ends_the_kernel_even_while_a_cell_runs(bool restart)
    {
        using var front = new FrontEnd();
        front.SendCode("await Task.Delay(-1, Notebook.Current.Cancellation);");
        while (front.Published() is not { Type: "execute_input" }) { }
        var id = front.SendControl("shutdown_request", new() { ["restart"] = restart });

        Assert.Equal(restart, (bool)front.ControlReply().Content["restart"]!);
        var published = front.PublishedFor(id);
        Assert.Equal(["busy", "shutdown_reply", "idle"], published.Select(m => m.Name));
        Assert.Equal(restart, (bool)published[1].Content["restart"]!);
        await front.Kernel.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_session_that_cannot_start_ends_the_kernel_with_the_reason()
    {
        var ports = FrontEnd.FreePorts(5);
        var file = new ConnectionFile(false, "127.0.0.1", ports[0], ports[1], ports[2], ports[3], ports[4], [], HashAlgorithmName.SHA256);
        var kernel = new KernelServer(file, new SessionOptions { Extensions = [typeof(Xunit.Assert).Assembly] }, new History(null)).RunAsync(CancellationToken.None);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => kernel.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("xunit.assert is no extension", error.Message);
    }

    [Fact]
    public void A_taken_port_is_named()
    {
        using var front = new FrontEnd();
        var error = Assert.Throws<ConnectionException>(() => new KernelServer(front.File, new SessionOptions(), new History(null)));
        Assert.Contains($"shell port {front.File.Shell}", error.Message);
    }
}
