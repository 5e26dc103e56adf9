using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Lab.Abstractions;

namespace Lab.Extensions.Widgets;

/// <summary>The widgets of one notebook session, and the views that follow its parameters.</summary>
internal sealed class WidgetSession
{
    private static readonly ConditionalWeakTable<IComms, WidgetSession> sessions = [];

    private readonly ConcurrentDictionary<string, Widget> widgets = [];
    private readonly Lock turn = new();
    private readonly List<(INotebookContext Run, string Code, LiveView View)> views = [];

    private WidgetSession(IComms comms) => comms.Register("jupyter.widget.control", OpenControl);

    public static WidgetSession Of(IComms comms) => sessions.GetValue(comms, key => new WidgetSession(key));

    public void Add(Widget widget) => widgets[widget.ModelId] = widget;

    /// <summary>From now on the view is computed anew after every change of a parameter; those that it replaces are not any more.</summary>
    /// <param name="run">The run of the cell that shows it.</param>
    /// <param name="code">Its source.</param>
    /// <param name="view">The view.</param>
    public void Follow(INotebookContext run, string code, LiveView view)
    {
        lock (turn)
        {
            StopViews(before => Replaces(run, code, before.Run, before.Code));
            views.Add((run, code, view));
        }
    }

    /// <summary>A parameter has changed.</summary>
    public void Refresh()
    {
        lock (turn)
        {
            foreach (var (_, _, view) in views) view.Refresh();
        }
    }

    /// <summary>The parameters are declared anew: views made before know only the old ones.</summary>
    public void StopViews()
    {
        lock (turn) StopViews(_ => true);
    }

    private void StopViews(Predicate<(INotebookContext Run, string Code, LiveView View)> which)
    {
        foreach (var (_, _, view) in views.Where(view => which(view))) view.Stop();
        views.RemoveAll(which);
    }

    // What an earlier run of the same cell has shown, whatever its code was then. Without a name of the cell its code must do.
    private static bool Replaces(INotebookContext run, string code, INotebookContext earlierRun, string earlierCode) =>
        run == earlierRun || run.CellId is null || earlierRun.CellId is null ? code == earlierCode : run.CellId == earlierRun.CellId;

    // A page that is opened again asks for all models at once.
    private void OpenControl(IComm control, CommMessage opening) => control.Received += message =>
    {
        if ((string?)message.Data["method"] != "request_states") throw new FormatException($"Widgets do not understand the message {message.Data.ToJsonString()}.");
        var states = new JsonObject();
        var paths = new JsonArray();
        var buffers = new List<byte[]>();
        foreach (var widget in widgets.Values.Where(w => w.IsOpen))
        {
            var (state, binary) = widget.Snapshot();
            states[widget.ModelId] = new JsonObject
            {
                ["model_module"] = state["_model_module"]!.DeepClone(),
                ["model_module_version"] = state["_model_module_version"]!.DeepClone(),
                ["model_name"] = state["_model_name"]!.DeepClone(),
                ["state"] = state,
            };
            foreach (var (field, value) in binary)
            {
                paths.Add((JsonNode)new JsonArray(widget.ModelId, field));
                buffers.Add(value);
            }
        }

        control.Send(new CommMessage(new() { ["method"] = "update_states", ["states"] = states, ["buffer_paths"] = paths }) { Buffers = buffers });
    };
}
