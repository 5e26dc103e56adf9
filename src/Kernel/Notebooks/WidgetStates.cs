using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Session;

namespace Lab.Kernel.Notebooks;

/// <summary>Remembers the models of widgets where no front end does, so that the notebook holds them and a front end can show them later.</summary>
/// <remarks>Source: jupyter-widgets/ipywidgets 8, packages/schema/v2/state.schema.json.</remarks>
internal sealed class WidgetStates : ICommChannel
{
    private const string MimeType = "application/vnd.jupyter.widget-state+json";

    private readonly Lock gate = new();
    private readonly OrderedDictionary<string, (JsonObject State, Dictionary<string, byte[]> Buffers)> models = [];

    public bool HasFrontEnd => false;

    public void Opened(IComm comm, CommMessage message)
    {
        if (comm.Target != "jupyter.widget") return;
        lock (gate) models[comm.Id] = ([], []);
        Sent(comm, message);
    }

    public void Sent(IComm comm, CommMessage message)
    {
        lock (gate)
        {
            if (!models.TryGetValue(comm.Id, out var model) || message.Data["state"] is not JsonObject changes) return;
            foreach (var (field, value) in changes) model.State[field] = value?.DeepClone();
            var paths = message.Data["buffer_paths"] as JsonArray ?? [];
            foreach (var (path, bytes) in paths.Zip(message.Buffers)) model.Buffers[path!.ToJsonString()] = bytes;
        }
    }

    public void Closed(IComm comm)
    {
        lock (gate) models.Remove(comm.Id);
    }

    /// <summary>Puts the models into the notebook's metadata, in place of those of an earlier run.</summary>
    public void WriteTo(NotebookDocument notebook)
    {
        lock (gate)
        {
            notebook.Metadata.Remove("widgets");
            if (models.Count == 0) return;
            var states = new JsonObject(models.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)Model(m.Value.State, m.Value.Buffers))));
            notebook.Metadata["widgets"] = new JsonObject { [MimeType] = new JsonObject { ["version_major"] = 2, ["version_minor"] = 0, ["state"] = states } };
        }
    }

    private static JsonObject Model(JsonObject state, Dictionary<string, byte[]> buffers)
    {
        var model = new JsonObject
        {
            ["model_module"] = state["_model_module"]?.DeepClone(),
            ["model_module_version"] = state["_model_module_version"]?.DeepClone(),
            ["model_name"] = state["_model_name"]?.DeepClone(),
            ["state"] = state.DeepClone(),
        };
        if (buffers.Count > 0)
            model["buffers"] = new JsonArray([.. buffers.Select(b => new JsonObject { ["path"] = JsonNode.Parse(b.Key), ["encoding"] = "base64", ["data"] = Convert.ToBase64String(b.Value) })]);
        return model;
    }
}
