using System.Text.Json.Nodes;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class HistoryTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}", "history.jsonl");

    [Fact]
    public void The_tail_holds_the_last_cells_with_their_results_when_asked()
    {
        using var front = new FrontEnd();
        front.Run("var a = 1;");
        front.Run("a * 2");
        front.Run("\"not kept\"", storeHistory: false);
        Assert.Equal("""[[1,1,"var a = 1;"],[1,2,"a * 2"]]""", Ask(front, new() { ["hist_access_type"] = "tail", ["n"] = 10 }));
        Assert.Equal("""[[1,2,["a * 2","2"]]]""", Ask(front, new() { ["hist_access_type"] = "tail", ["n"] = 1, ["output"] = true }));
    }

    [Fact]
    public void A_later_session_finds_the_cells_of_the_earlier_ones()
    {
        var first = new History(path);
        first.Add(1, "one");
        first.Add(2, "two\nlines \"é😀\"");
        var second = new History(path);
        second.Add(1, "three");

        Assert.Equal(["one", "two\nlines \"é😀\"", "three"], Sources(second, new() { ["hist_access_type"] = "tail", ["n"] = 5 }));
        Assert.Equal(["three"], Sources(second, new() { ["hist_access_type"] = "range", ["session"] = 0 }));
        Assert.Equal(["two\nlines \"é😀\""], Sources(second, new() { ["hist_access_type"] = "range", ["session"] = -1, ["start"] = 2, ["stop"] = 3 }));
        Assert.Empty(Sources(second, new() { ["hist_access_type"] = "range", ["session"] = 7 }));
    }

    [Fact]
    public void A_search_takes_wildcards_the_last_matches_and_unique_ones()
    {
        var history = new History(null);
        foreach (var (source, line) in new[] { "var a = 1;", "a + 1", "var b = 2;", "a + 1" }.Select((s, i) => (s, i + 1))) history.Add(line, source);
        Assert.Equal(["var a = 1;", "var b = 2;"], Sources(history, new() { ["hist_access_type"] = "search", ["pattern"] = "var*" }));
        Assert.Equal(["var b = 2;", "a + 1"], Sources(history, new() { ["hist_access_type"] = "search", ["pattern"] = "*", ["n"] = 2, ["unique"] = true }));
        Assert.Equal(["a + 1", "a + 1"], Sources(history, new() { ["hist_access_type"] = "search", ["pattern"] = "?*+*" }));
    }

    [Fact]
    public void A_spoilt_line_of_the_file_costs_no_other()
    {
        new History(path).Add(1, "one");
        File.AppendAllText(path, "{ half a li\n");
        Assert.Equal(["one"], Sources(new History(path), new() { ["hist_access_type"] = "tail" }));
    }

    [Fact]
    public void An_unknown_kind_of_access_is_refused() =>
        Assert.Contains("tail, range or search", Assert.Throws<WireFormatException>(() => new History(null).Answer(new() { ["hist_access_type"] = "all" })).Message);

    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(path))) Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static IEnumerable<string> Sources(History history, JsonObject request) => history.Answer(request)["history"]!.AsArray().Select(entry => (string)entry![2]!);

    private static string Ask(FrontEnd front, JsonObject request)
    {
        front.Send("history_request", request);
        var reply = front.ShellReply();
        while (reply.Type != "history_reply") reply = front.ShellReply();
        return reply.Content["history"]!.ToJsonString();
    }
}
