using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Publishes a cell's outputs, also those of tasks that outlive the cell. Console text is gathered, because a message for
/// every print would flood the front end: for 50 ms at first, for longer while more and more comes. It leaves before any
/// other output.
/// </summary>
internal sealed class CellOutputs : IOutputSink
{
    private static readonly TimeSpan shortest = TimeSpan.FromMilliseconds(50), longest = TimeSpan.FromMilliseconds(400);

    private readonly Outbox outbox;
    private readonly Request request;
    private readonly int executionCount;
    private readonly Lock turn = new();
    private readonly StringBuilder text = new();
    private readonly Timer timer;
    private TimeSpan gathering = shortest;
    private long lastFlush;
    private string stream = "";

    public CellOutputs(Outbox outbox, Request request, int executionCount)
    {
        this.outbox = outbox;
        this.request = request;
        this.executionCount = executionCount;
        timer = new Timer(_ => Flush());
    }

    /// <summary>Nothing is shown.</summary>
    public bool Silent { get; init; }

    /// <summary>The result as plain text, once there is one.</summary>
    public string? Result { get; private set; }

    public void Write(CellOutput output)
    {
        if (Silent) return;
        lock (turn)
        {
            if (output is StreamOutput written) Gather(written);
            else
            {
                Flush();
                Publish(output);
            }
        }
    }

    /// <summary>Publishes the console text gathered so far.</summary>
    public void Flush()
    {
        lock (turn)
        {
            if (text.Length == 0) return;
            outbox.Publish("stream", request, new() { ["name"] = stream, ["text"] = text.ToString() });
            text.Clear();
            lastFlush = Stopwatch.GetTimestamp();
        }
    }

    private void Gather(StreamOutput written)
    {
        if (stream != written.Name) Flush();
        if (text.Length == 0)
        {
            var flows = Stopwatch.GetElapsedTime(lastFlush) < longest;
            gathering = flows && gathering < longest ? gathering * 2 : flows ? gathering : shortest;
            timer.Change(gathering, Timeout.InfiniteTimeSpan);
        }

        stream = written.Name;
        text.Append(written.Text);
    }

    private void Publish(CellOutput output)
    {
        switch (output)
        {
            case DisplayOutput display:
                outbox.Publish("display_data", request, Shown(display.Data, display.DisplayId));
                break;
            case UpdateDisplayOutput update:
                outbox.Publish("update_display_data", request, Shown(update.Data, update.DisplayId));
                break;
            case ResultOutput result:
                Result = (string?)result.Data["text/plain"];
                outbox.Publish("execute_result", request, new() { ["execution_count"] = executionCount, ["data"] = result.Data, ["metadata"] = new JsonObject() });
                break;
            case ClearOutput clear:
                outbox.Publish("clear_output", request, new() { ["wait"] = clear.Wait });
                break;
            case ErrorOutput error:
                outbox.Publish("error", request, Error(error));
                break;
            default:
                throw new ArgumentException($"{output.GetType().Name} has no message type.", nameof(output));
        }
    }

    /// <summary>An error as the <c>error</c> output has it, and with a status the answer to the request.</summary>
    public static JsonObject Error(ErrorOutput error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
    };

    private static JsonObject Shown(JsonObject data, string? displayId)
    {
        var transient = new JsonObject();
        if (displayId is not null) transient["display_id"] = displayId;
        return new() { ["data"] = data, ["metadata"] = new JsonObject(), ["transient"] = transient };
    }
}
