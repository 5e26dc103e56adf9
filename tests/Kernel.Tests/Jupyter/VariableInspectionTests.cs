using System.Text.Json.Nodes;

namespace Kernel.Tests.Jupyter;

public sealed class VariableInspectionTests
{
    [Fact]
    public void Variables_are_listed_opened_and_shown_richly_without_a_debugger()
    {
        using var front = new FrontEnd();
        front.Run("var n = 1.5; var words = new List<string> { \"a\", \"b\" }; var pair = new { Left = 1, Right = words }; string none = null; object bad = new Bad(); class Bad { public int Value => throw new Exception(\"no value\"); }");

        var variables = Ask(front, "inspectVariables", [])["body"]!["variables"]!.AsArray();
        Assert.Equal(["n: Double = 1.5", "words: List<String> = List<String>, 2 items"], variables.Take(2).Select(v => $"{v!["name"]}: {v["type"]} = {v["value"]}"));
        Assert.Equal("null", (string)variables[3]!["value"]!);
        Assert.Equal(0, (int)variables[0]!["variablesReference"]!);
        Assert.Equal(["[0] = \"a\"", "[1] = \"b\""], Parts(variables[1]!));
        Assert.Equal(["Left = 1", "Right = List<String>, 2 items"], Parts(variables[2]!));
        Assert.Equal(["Value = \"Exception: no value\""], Parts(variables[4]!));

        Assert.Contains("a", (string)Ask(front, "richInspectVariables", new() { ["variableName"] = "words" })["body"]!["data"]!["text/plain"]!);

        IEnumerable<string> Parts(JsonNode variable) => Ask(front, "variables", new() { ["variablesReference"] = (int)variable["variablesReference"]! })["body"]!["variables"]!
            .AsArray().Select(v => $"{v!["name"]} = {v["value"]}");
    }

    [Fact]
    public void What_needs_a_debugger_is_refused_and_none_is_announced()
    {
        using var front = new FrontEnd();
        var refused = Ask(front, "setBreakpoints", []);
        Assert.Equal((false, 7), ((bool)refused["success"]!, (int)refused["request_seq"]!));
        Assert.True((bool)Ask(front, "debugInfo", [])["body"]!["richRendering"]!);
        front.Send("kernel_info_request", []);
        var info = front.ShellReply().Content;
        Assert.False((bool)info["debugger"]!);
        Assert.DoesNotContain("debugger", info["supported_features"]!.AsArray().Select(f => (string)f!));
    }

    private static JsonObject Ask(FrontEnd front, string command, JsonObject arguments)
    {
        front.SendControl("debug_request", new() { ["type"] = "request", ["seq"] = 7, ["command"] = command, ["arguments"] = arguments });
        return front.ControlReply().Content;
    }
}
