using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Notebooks;

/// <summary>
/// Writes what cells put out into their notebook: neighbouring pieces of a stream become one, and an update of a display
/// reaches every earlier output that shows it, in whichever cell. Outputs may come from any thread, also after their cell has ended.
/// </summary>
internal sealed class OutputRecorder(NotebookDocument document)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<JsonObject>> displays = [];
    private readonly Dictionary<NotebookCell, StreamTail> tails = [];
    private readonly HashSet<NotebookCell> clearing = []; // when their next output comes
    private bool closed;

    /// <summary>Clears a code cell's outputs and gives the sink that fills them.</summary>
    public IOutputSink Begin(NotebookCell cell)
    {
        lock (gate)
        {
            cell.Outputs = [];
            tails.Remove(cell);
        }

        return Continue(cell);
    }

    /// <summary>Gives a sink that adds to a code cell's outputs.</summary>
    public IOutputSink Continue(NotebookCell cell) => new CellSink(this, cell);

    /// <summary>Makes changes to the document while no output is being written.</summary>
    public void Edit(Action<NotebookDocument> change)
    {
        lock (gate)
        {
            foreach (var tail in tails.Values) tail.Flush();
            change(document);
        }
    }

    /// <summary>From now on outputs are dropped: what a cell that could not be stopped still puts out.</summary>
    public void Close()
    {
        lock (gate) closed = true;
    }

    private void Write(NotebookCell cell, CellOutput output)
    {
        lock (gate)
        {
            if (closed) return;
            if (output is not ClearOutput && clearing.Contains(cell)) Clear(cell);
            switch (output)
            {
                case StreamOutput stream: WriteStream(cell, stream); break;
                case UpdateDisplayOutput update: Update(update); break;
                case DisplayOutput display: WriteDisplay(cell, display); break;
                case ResultOutput result:
                    Add(cell, new JsonObject { ["output_type"] = "execute_result", ["data"] = result.Data.DeepClone(), ["metadata"] = new JsonObject(), ["execution_count"] = cell.ExecutionCount });
                    break;
                case ErrorOutput error:
                    Add(cell, new JsonObject { ["output_type"] = "error", ["ename"] = error.Name, ["evalue"] = error.Message, ["traceback"] = new JsonArray([.. error.Traceback.Select(l => (JsonNode)l)]) });
                    break;
                case ClearOutput clear when clear.Wait: clearing.Add(cell); break;
                case ClearOutput: Clear(cell); break;
                default:
                    throw new ArgumentException($"The notebook format has no place for {output.GetType().Name}.", nameof(output));
            }
        }
    }

    private void Clear(NotebookCell cell)
    {
        cell.Outputs = [];
        tails.Remove(cell);
        clearing.Remove(cell);
    }

    private void WriteStream(NotebookCell cell, StreamOutput stream)
    {
        if (!tails.TryGetValue(cell, out var tail) || tail.Name != stream.Name)
        {
            var json = new JsonObject { ["output_type"] = "stream", ["name"] = stream.Name, ["text"] = "" };
            Add(cell, json);
            tails[cell] = tail = new StreamTail(stream.Name, json);
        }

        tail.Text.Append(stream.Text);
    }

    private void WriteDisplay(NotebookCell cell, DisplayOutput display)
    {
        var json = new JsonObject { ["output_type"] = "display_data", ["data"] = display.Data.DeepClone(), ["metadata"] = new JsonObject() };
        Add(cell, json);
        if (display.DisplayId is null) return;
        if (!displays.TryGetValue(display.DisplayId, out var shown)) displays[display.DisplayId] = shown = [];
        shown.Add(json);
    }

    private void Update(UpdateDisplayOutput update)
    {
        foreach (var json in displays.GetValueOrDefault(update.DisplayId, []))
            json["data"] = update.Data.DeepClone();
    }

    private void Add(NotebookCell cell, JsonObject output)
    {
        if (tails.Remove(cell, out var tail)) tail.Flush();
        cell.Outputs.Add((JsonNode)output);
    }

    private sealed class CellSink(OutputRecorder recorder, NotebookCell cell) : IOutputSink
    {
        public void Write(CellOutput output) => recorder.Write(cell, output);
    }

    /// <summary>The stream output that still grows; its text goes into the JSON when it is needed, not with every piece.</summary>
    private sealed class StreamTail(string name, JsonObject json)
    {
        public string Name => name;

        public TerminalText Text { get; } = new();

        public void Flush() => json["text"] = Text.ToString();
    }
}
