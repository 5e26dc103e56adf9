using System.Text.Json.Nodes;

namespace Kernel.Tests.Jupyter;

public sealed class ExecutionTests
{
    [Fact]
    public void User_expressions_are_evaluated_after_the_cell_each_with_its_own_value_or_error()
    {
        using var front = new FrontEnd();
        front.Send("execute_request", new() { ["code"] = "var a = 20;", ["user_expressions"] = new JsonObject { ["twice"] = "a * 2", ["wrong"] = "b", ["thrown"] = "1 / (a - 20)" } });
        var values = front.ShellReply().Content["user_expressions"]!;

        Assert.Equal(("ok", "40"), ((string)values["twice"]!["status"]!, (string)values["twice"]!["data"]!["text/plain"]!));
        Assert.Equal(("error", "CS0103"), ((string)values["wrong"]!["status"]!, (string)values["wrong"]!["ename"]!));
        Assert.Equal(("error", "DivideByZeroException"), ((string)values["thrown"]!["status"]!, (string)values["thrown"]!["ename"]!));
    }

    [Fact]
    public void A_cell_asks_the_user_by_Console_ReadLine_and_by_a_prompt_after_what_it_has_printed()
    {
        using var front = new FrontEnd();
        var id = front.SendCode("Console.Write(\"before\"); var name = Console.ReadLine(); var secret = Notebook.Current.Ask(\"Key?\", secret: true); var end = Console.ReadLine();\n$\"{name} {secret} {end is null}\"", allowStdin: true);

        Assert.Equal("before", Next(front, "stream").Content.String("text"));
        var question = front.Question();
        Assert.Equal((id, "input_request", false), (question.ParentId, question.Type, (bool)question.Content["password"]!));
        front.Answer("Ada");
        question = front.Question();
        Assert.Equal(("Key?", true), (question.Content.String("prompt"), (bool)question.Content["password"]!));
        front.Answer("sesame");
        front.Question();
        front.Answer("\u0004");
        Assert.Equal("Ada sesame True", (string)Next(front, "execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public void Without_allow_stdin_asking_is_an_error_at_once()
    {
        using var front = new FrontEnd();
        Assert.Contains("nobody can be asked", front.Run("Console.ReadLine()").Reply.Content.String("evalue"));
    }

    [Fact]
    public void An_interrupt_ends_the_wait_for_an_answer_and_a_late_answer_answers_no_other_question()
    {
        using var front = new FrontEnd();
        front.SendCode("var kept = 1; var first = Notebook.Current.Ask(\"first\");", allowStdin: true);
        front.Question();
        front.SendControl("interrupt_request", []);
        Assert.Equal("Interrupted", front.ShellReply().Content.String("ename"));
        front.Answer("too late");

        var id = front.SendCode("Notebook.Current.Ask(\"second\") + kept", allowStdin: true);
        while (front.Question().Content.String("prompt") != "second") { }
        front.Answer("in time");
        Assert.Equal("in time1", (string)front.PublishedFor(id).Single(m => m.Type == "execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public void Clearing_outputs_is_told_to_front_ends()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("Console.Write(1); Notebook.Current.ClearOutput(wait: true); Console.Write(2);");
        Assert.Equal(["stream", "clear_output", "stream"], published.Skip(2).SkipLast(1).Select(m => m.Type));
        Assert.True((bool)published[3].Content["wait"]!);
    }

    [Fact]
    public void Usage_tells_memory_and_processor_time_on_control_while_a_cell_runs()
    {
        using var front = new FrontEnd();
        front.SendCode("display(1); while (true) { }");
        Next(front, "display_data");
        front.SendControl("usage_request", []);
        var usage = front.ControlReply();
        Assert.Equal("usage_reply", usage.Type);
        Assert.Equal(Environment.ProcessId, usage.Content.Int("pid"));
        Assert.True((long)usage.Content["kernel_memory"]! > 10_000_000);
        Assert.InRange((double)usage.Content["host_virtual_memory"]!["percent"]!, 0, 100);
        var devices = usage.Content["gpu_memory"]!.AsArray();
        Assert.Equal(HasNvidiaDriver, devices.Count > 0);
        Assert.All(devices, device => Assert.InRange((long)device!["used"]!, 0, (long)device["total"]!));
        front.SendControl("interrupt_request", []);
        Assert.Equal("Interrupted", front.ShellReply().Content.String("ename"));
    }

    [Fact]
    public void A_hundred_thousand_prints_arrive_complete_in_at_most_sixty_messages()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("for (var i = 0; i < 100_000; i++) Console.WriteLine(i);");
        var streams = published.Where(m => m.Type == "stream").ToList();
        Assert.Equal(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")), string.Concat(streams.Select(m => m.Content.String("text"))));
        Assert.InRange(streams.Count, 1, 60);
    }

    [Fact]
    public void An_output_of_fifty_megabytes_arrives_complete()
    {
        using var front = new FrontEnd();
        var (_, published) = front.Run("Console.Write(new string('x', 50_000_000));");
        Assert.Equal(50_000_000, published.Where(m => m.Type == "stream").Sum(m => m.Content.String("text").Length));
        Assert.Equal("ok", front.Run("1").Reply.Content.String("status"));
    }

    [Fact]
    public void Of_two_hundred_queued_cells_those_after_an_error_in_the_third_are_aborted_and_all_are_answered()
    {
        using var front = new FrontEnd();
        front.SendCode("await Task.Delay(500);"); // until all are queued
        var ids = Enumerable.Range(0, 200).Select(i => front.SendCode(i == 2 ? "throw new Exception();" : "1")).ToList();
        front.ShellReply();
        var replies = ids.Select(_ => front.ShellReply()).ToList();
        Assert.Equal(ids, replies.Select(r => r.ParentId));
        Assert.Equal(["ok", "ok", "error", .. Enumerable.Repeat("aborted", 197)], replies.Select(r => r.Content.String("status")));
    }

    private static bool HasNvidiaDriver => File.Exists("/proc/driver/nvidia/version");

    private static Message Next(FrontEnd front, string type)
    {
        Message message;
        do message = front.Published();
        while (message.Type != type);
        return message;
    }
}
