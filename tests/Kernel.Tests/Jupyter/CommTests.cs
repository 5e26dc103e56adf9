using System.Text.Json.Nodes;

namespace Kernel.Tests.Jupyter;

public sealed class CommTests
{
    private const string register = """
        IComm theirs = null;
        Notebook.Current.Comms.Register("echo", (comm, first) =>
        {
            theirs = comm;
            comm.Received += message => { Console.Write("heard"); comm.Send(new(new() { ["n"] = (int)message.Data["n"] + 1 }) { Buffers = [[.. message.Buffers[0].Reverse()]] }); };
            comm.Closed += message => Console.Write("closed " + comm.IsOpen);
            Console.Write($"opened with {first.Data["n"]}");
        });
        """;

    [Fact]
    public void A_comm_to_an_unknown_target_is_closed()
    {
        using var front = new FrontEnd();
        var published = front.PublishedFor(Open(front, "nobody"));
        Assert.Equal(["busy", "comm_close", "idle"], published.Select(m => m.Name));
        Assert.Equal("c1", published[1].Content.String("comm_id"));
    }

    [Fact]
    public void A_front_end_opens_a_comm_sends_buffers_and_closes_it()
    {
        using var front = new FrontEnd();
        front.Run(register);

        Assert.Equal("opened with 1", front.PublishedFor(Open(front, "echo"))[1].Content.String("text"));
        Assert.Equal("""{"c1":{"target_name":"echo"}}""", Comms(front, "echo"));
        Assert.Equal("{}", Comms(front, "other"));

        var answer = front.PublishedFor(front.Send("comm_msg", new() { ["comm_id"] = "c1", ["data"] = new JsonObject { ["n"] = 4 } }, [1, 2, 255]));
        Assert.Equal(["busy", "comm_msg", "stream", "idle"], answer.Select(m => m.Name).Order(StringComparer.Ordinal).OrderBy(Position));
        var message = answer.Single(m => m.Type == "comm_msg");
        Assert.Equal(("c1", 5), (message.Content.String("comm_id"), (int)message.Content["data"]!["n"]!));
        Assert.Equal([255, 2, 1], Assert.Single(message.Buffers));

        Assert.Equal("closed False", front.PublishedFor(front.Send("comm_close", new() { ["comm_id"] = "c1", ["data"] = new JsonObject() }))[1].Content.String("text"));
        Assert.Equal("{}", Comms(front));
    }

    [Fact]
    public void A_cell_opens_a_comm_with_metadata_and_buffers_and_closes_it()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("""
            var mine = Notebook.Current.Comms.Open("jupyter.widget", new(new() { ["state"] = 1 }) { Metadata = new() { ["version"] = "2.1.0" }, Buffers = [[7], []] });
            mine.Send(new(new() { ["method"] = "update" }));
            mine.Close();
            mine.Close();
            $"{Notebook.Current.Comms.HasFrontEnd} {mine.IsOpen}"
            """);

        Assert.Equal(["busy", "execute_input", "comm_open", "comm_msg", "comm_close", "execute_result", "idle"], published.Select(m => m.Name));
        Assert.Equal("jupyter.widget", published[2].Content.String("target_name"));
        Assert.Equal("2.1.0", published[2].Metadata.String("version"));
        Assert.Equal([[7], []], published[2].Buffers);
        Assert.Single(published.Skip(2).Take(3).Select(m => m.Content.String("comm_id")).Distinct());
        Assert.Equal("True False", (string)published[5].Content["data"]!["text/plain"]!);
    }

    [Fact]
    public void A_handler_that_throws_is_told_on_stderr_and_the_next_message_is_heard()
    {
        using var front = new FrontEnd();
        front.Run("""Notebook.Current.Comms.Register("bad", (comm, _) => comm.Received += m => { if (m.Data.Count == 0) throw new FormatException("no data"); comm.Send(m); });""");
        front.PublishedFor(Open(front, "bad"));

        var failed = front.PublishedFor(front.Send("comm_msg", new() { ["comm_id"] = "c1", ["data"] = new JsonObject() }));
        Assert.Contains("no data", failed.Single(m => m.Type == "stream").Content.String("text"));
        Assert.Contains(front.PublishedFor(front.Send("comm_msg", new() { ["comm_id"] = "c1", ["data"] = new JsonObject { ["n"] = 1 } })), m => m.Type == "comm_msg");
    }

    [Fact]
    public void A_message_to_a_comm_that_is_not_open_disturbs_nothing()
    {
        using var front = new FrontEnd();
        var published = front.PublishedFor(front.Send("comm_msg", new() { ["comm_id"] = "gone", ["data"] = new JsonObject() }));
        Assert.Contains("gone", published.Single(m => m.Type == "stream").Content.String("text"));
        Assert.Equal("ok", front.Run("1").Reply.Content.String("status"));
    }

    private static string Open(FrontEnd front, string target) =>
        front.Send("comm_open", new() { ["comm_id"] = "c1", ["target_name"] = target, ["data"] = new JsonObject { ["n"] = 1 } });

    private static string Comms(FrontEnd front, string? target = null)
    {
        front.Send("comm_info_request", target is null ? [] : new() { ["target_name"] = target });
        var reply = front.ShellReply();
        while (reply.Type != "comm_info_reply") reply = front.ShellReply();
        return reply.Content["comms"]!.ToJsonString();
    }

    // Text is gathered for a while, so it may come after the message that was sent later.
    private static int Position(string name) => name switch { "busy" => 0, "idle" => 2, _ => 1 };
}
