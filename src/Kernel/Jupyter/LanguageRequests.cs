using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>Answers what editors ask about code that is being written.</summary>
internal static class LanguageRequests
{
    public static JsonObject Complete(CSharpSession session, JsonObject request, CancellationToken cancellation)
    {
        var (code, position) = Place(request);
        var found = session.CompleteAsync(code, position, cancellation).GetAwaiter().GetResult();
        var (start, end) = (CodePoints.FromUtf16(code, found.Start), CodePoints.FromUtf16(code, found.End));
        return new()
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. found.Items.Select(item => JsonValue.Create(item.Text))]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray([.. found.Items.Select(item => new JsonObject
                {
                    ["start"] = start,
                    ["end"] = end,
                    ["text"] = item.Text,
                    ["type"] = item.Kind,
                    ["signature"] = item.Signature,
                })]),
            },
        };
    }

    public static JsonObject Inspect(CSharpSession session, JsonObject request, CancellationToken cancellation)
    {
        var (code, position) = Place(request);
        var found = session.InspectAsync(code, position, request.Number("detail_level", 0) > 0, cancellation).GetAwaiter().GetResult();
        var data = new JsonObject();
        if (found is not null) (data["text/plain"], data["text/markdown"]) = (found.Plain, found.Markdown);
        return new() { ["status"] = "ok", ["found"] = found is not null, ["data"] = data, ["metadata"] = new JsonObject() };
    }

    public static JsonObject Completeness(CSharpSession session, JsonObject request)
    {
        var completeness = session.CheckComplete(request.Text("code"));
        var content = new JsonObject { ["status"] = completeness.Status.ToString().ToLowerInvariant() };
        if (completeness.Status == CompletenessStatus.Incomplete) content["indent"] = completeness.Indent;
        return content;
    }

    // Without a position the end of the code is meant.
    private static (string Code, int Position) Place(JsonObject request)
    {
        var code = request.Text("code");
        return (code, CodePoints.ToUtf16(code, request.Number("cursor_pos", int.MaxValue)));
    }
}
