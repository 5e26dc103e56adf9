using System.Text.Json.Nodes;
using Lab.Abstractions;

namespace Lab.Extensions.Widgets;

/// <summary>
/// A model of ipywidgets that lives in C#: front ends with a widget manager (JupyterLab, Notebook, VS Code) make its views
/// and keep them equal to it. It belongs to the notebook that runs the code that makes it.
/// </summary>
/// <remarks>Source: jupyter-widgets/ipywidgets 8, packages/schema/messages.md (protocol 2.1) and jupyterwidgetmodels.latest.md.</remarks>
public abstract class Widget
{
    internal const string Target = "jupyter.widget", Base = "@jupyter-widgets/base", Controls = "@jupyter-widgets/controls", ModelVersion = "2.0.0";

    private readonly Lock gate = new();
    private readonly JsonObject state;
    private readonly Dictionary<string, byte[]> binary;
    private readonly IComm comm;

    /// <param name="name">Of the model without the word Model, e.g. <c>IntSlider</c>.</param>
    /// <param name="view">Name of the view; null where nothing is shown.</param>
    /// <param name="state">The model's own fields; the others keep the front end's defaults.</param>
    /// <param name="binary">Fields that are bytes.</param>
    /// <exception cref="InvalidOperationException">No notebook host is running this code.</exception>
    private protected Widget(string name, string? view, JsonObject state, params (string Field, byte[] Value)[] binary)
    {
        this.state = state;
        this.binary = binary.ToDictionary(b => b.Field, b => b.Value);
        var module = name == "Layout" ? Base : Controls;
        (string, string?)[] identity =
        [
            ("_model_module", module), ("_model_module_version", ModelVersion), ("_model_name", $"{name}Model"),
            ("_view_module", view == "StyleView" ? Base : module), ("_view_module_version", ModelVersion), ("_view_name", view),
        ];
        foreach (var (field, value) in identity) state[field] = value;

        var comms = Notebook.Current.Comms;
        comm = comms.Open(Target, Message(new JsonObject(), state, this.binary) with { Metadata = new() { ["version"] = "2.1.0" } });
        comm.Received += Receive;
        WidgetSession.Of(comms).Add(this);
    }

    /// <summary>Names the model in front ends and in the notebook's metadata.</summary>
    public string ModelId => comm.Id;

    /// <summary>How another model's state names this one.</summary>
    internal string Reference => $"IPY_MODEL_{ModelId}";

    internal bool IsOpen => comm.IsOpen;

    /// <summary>All that a front end needs to make the model anew.</summary>
    internal (JsonObject State, IReadOnlyDictionary<string, byte[]> Binary) Snapshot()
    {
        lock (gate) return (state.DeepClone().AsObject(), new Dictionary<string, byte[]>(binary));
    }

    /// <summary>Takes the model and its views away; a closed widget stays closed.</summary>
    public void Close() => comm.Close();

    /// <summary>A front end wants to change a field.</summary>
    /// <exception cref="FormatException">The field cannot hold the value; the state stays as it was.</exception>
    private protected virtual void Check(string field, JsonNode? value)
    {
    }

    /// <summary>A front end has changed a field, which is in the state already.</summary>
    private protected virtual void Changed(string field, JsonNode? value)
    {
    }

    /// <summary>A front end has sent a message of the widget's own kind.</summary>
    private protected virtual void Receive(JsonObject content)
    {
    }

    private protected JsonNode? Get(string field)
    {
        lock (gate) return state[field]?.DeepClone();
    }

    private protected void Set(string field, JsonNode? value)
    {
        lock (gate) state[field] = value?.DeepClone();
        Send("update", new() { [field] = value }, []);
    }

    private protected void Set(string field, byte[] value)
    {
        lock (gate) binary[field] = value;
        Send("update", [], new() { [field] = value });
    }

    private void Receive(CommMessage message)
    {
        switch ((string?)message.Data["method"])
        {
            case "update" when message.Data["state"] is JsonObject changes:
                foreach (var (field, value) in changes) Check(field, value);
                lock (gate)
                    foreach (var (field, value) in changes) state[field] = value?.DeepClone();
                Send("echo_update", changes.DeepClone().AsObject(), []); // other front ends show the change too
                foreach (var (field, value) in changes) Changed(field, value);
                break;
            case "request_state":
                var (all, bytes) = Snapshot();
                Send("update", all, new(bytes));
                break;
            case "custom" when message.Data["content"] is JsonObject content:
                Receive(content);
                break;
            default:
                throw new FormatException($"The widget {GetType().Name} does not understand the message {message.Data.ToJsonString()}.");
        }
    }

    private void Send(string method, JsonObject changes, Dictionary<string, byte[]> bytes)
    {
        if (comm.IsOpen) comm.Send(Message(new() { ["method"] = method }, changes, bytes));
    }

    private static CommMessage Message(JsonObject data, JsonObject state, Dictionary<string, byte[]> binary)
    {
        data["state"] = state.DeepClone();
        data["buffer_paths"] = new JsonArray([.. binary.Keys.Select(field => new JsonArray(field))]);
        return new CommMessage(data) { Buffers = [.. binary.Values] };
    }
}
