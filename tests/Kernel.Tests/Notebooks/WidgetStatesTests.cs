using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Notebooks;

public sealed class WidgetStatesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_run_without_front_end_stores_the_models_of_its_widgets()
    {
        var notebook = await RunAsync("""
            var comm = Notebook.Current.Comms.Open("jupyter.widget", new(new() { ["state"] = new System.Text.Json.Nodes.JsonObject { ["_model_module"] = "m", ["_model_module_version"] = "2.0.0", ["_model_name"] = "XModel", ["value"] = 1 }, ["buffer_paths"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonArray("bytes")) }) { Buffers = [[1, 2, 3]] });
            comm.Send(new(new() { ["method"] = "update", ["state"] = new System.Text.Json.Nodes.JsonObject { ["value"] = 2 } }));
            Notebook.Current.Comms.Open("other", new([]));
            var gone = Notebook.Current.Comms.Open("jupyter.widget", new(new() { ["state"] = new System.Text.Json.Nodes.JsonObject() }));
            gone.Close();
            """);
        var widgets = notebook.Metadata["widgets"]!["application/vnd.jupyter.widget-state+json"]!;
        Assert.Equal(2, (int)widgets["version_major"]!);
        var model = Assert.Single(widgets["state"]!.AsObject()).Value!;
        Assert.Equal(
            """{"model_module":"m","model_module_version":"2.0.0","model_name":"XModel","state":{"_model_module":"m","_model_module_version":"2.0.0","_model_name":"XModel","value":2},"buffers":[{"path":["bytes"],"encoding":"base64","data":"AQID"}]}""",
            Sorted(model));
    }

    [Fact]
    public async Task A_run_without_widgets_leaves_none_of_an_earlier_one() => Assert.Null((await RunAsync("1")).Metadata["widgets"]);

    private async Task<NotebookDocument> RunAsync(string code)
    {
        var (input, output) = (Path.Combine(folder.Path, "in.ipynb"), Path.Combine(folder.Path, "out.ipynb"));
        var json = JsonNode.Parse(Json(Code(code)))!;
        json["metadata"]!["widgets"] = new JsonObject { ["application/vnd.jupyter.widget-state+json"] = new JsonObject() };
        File.WriteAllText(input, json.ToJsonString());
        var run = await NotebookRunner.RunAsync(input, new RunOptions { NotebookPath = output });
        Assert.True(run.Status == RunStatus.Succeeded, run.Message);
        return NotebookDocument.Load(output);
    }

    // The file sorts its keys; the test speaks of them in the order of the schema.
    private static string Sorted(JsonNode model) => new JsonObject(
        new[] { "model_module", "model_module_version", "model_name", "state", "buffers" }.Select(k => KeyValuePair.Create(k, (JsonNode?)(k == "buffers"
            ? new JsonArray(new JsonObject(new[] { "path", "encoding", "data" }.Select(f => KeyValuePair.Create(f, model[k]![0]![f]?.DeepClone()))))
            : model[k]!.DeepClone())))).ToJsonString();
}
