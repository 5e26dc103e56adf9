using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>Runs cells for front ends: their numbers, their interruption, and what happens to waiting cells after an error.</summary>
/// <param name="session">The session; it may still be starting.</param>
/// <param name="outbox">Takes the outputs.</param>
/// <param name="questions">Asks the user.</param>
/// <param name="history">Keeps the code.</param>
/// <param name="native">Captures what native code prints; null leaves it to the console.</param>
/// <param name="lastArrival">Number of the request that arrived last.</param>
internal sealed class Execution(
    Task<CSharpSession> session, Outbox outbox, Questions questions, History history, NativeOutput? native, Func<long> lastArrival)
{
    private readonly ConcurrentDictionary<CancellationTokenSource, bool> running = [];
    private readonly ConcurrentDictionary<string, long> abortedThrough = []; // by subshell
    private int count;

    /// <summary>Runs a cell to its end on the calling thread.</summary>
    /// <returns>The content of the answer.</returns>
    public JsonObject Run(Request request)
    {
        var queue = request.Subshell ?? "";
        if (request.Arrival <= abortedThrough.GetValueOrDefault(queue)) return new() { ["status"] = "aborted", ["execution_count"] = count };

        var code = request.Content.Text("code");
        var silent = request.Content.Flag("silent", false);
        var stored = !silent && request.Content.Flag("store_history", true);
        var number = stored ? Interlocked.Increment(ref count) : count;
        if (stored) history.Add(number, code);
        if (!silent) outbox.Publish("execute_input", request, new() { ["code"] = code, ["execution_count"] = number });

        var outputs = new CellOutputs(outbox, request, number) { Silent = silent };
        var result = Run(request, code, $"Cell [{number}]", outputs);
        if (stored && outputs.Result is { } text) history.AddOutput(number, text);
        if (result.Error is null)
            return new() { ["status"] = "ok", ["execution_count"] = number, ["user_expressions"] = Evaluate(request.Content.Object("user_expressions")), ["payload"] = new JsonArray() };

        // What was queued when the cell failed relies on it; what arrives from now on was asked for in the light of the error.
        if (!silent && request.Content.Flag("stop_on_error", true)) abortedThrough[queue] = lastArrival();
        var reply = CellOutputs.Error(result.Error);
        reply["status"] = "error";
        reply["execution_count"] = number;
        return reply;
    }

    /// <summary>Stops what runs, cells and handlers; without effect when nothing does.</summary>
    public void Interrupt()
    {
        foreach (var run in running.Keys)
        {
            // A thread of its own: what runs may hold every thread of the pool, and what it has registered may take its time.
            new Thread(() =>
            {
                try
                {
                    run.Cancel();
                }
                catch (AggregateException e)
                {
                    Console.Error.WriteLine($"A cell's answer to an interrupt failed: {e.InnerException}");
                }
            })
            { Name = "interrupt", IsBackground = true }.Start();
        }
    }

    /// <summary>Does something that <see cref="Interrupt"/> stops.</summary>
    public T Interruptible<T>(Func<CancellationToken, T> work)
    {
        var run = new CancellationTokenSource();
        running[run] = true;
        try
        {
            return work(run.Token);
        }
        finally
        {
            running.TryRemove(run, out _);
        }
    }

    /// <inheritdoc cref="Interruptible{T}"/>
    public void Interruptible(Action<CancellationToken> work) => Interruptible(token =>
    {
        work(token);
        return true;
    });

    private CellResult Run(Request request, string code, string name, CellOutputs outputs)
    {
        native?.Enter(outputs);
        try
        {
            var cellId = request.Metadata["cellId"] is null ? null : request.Metadata.Text("cellId"); // JupyterLab and VS Code tell it, the classic Notebook by kernel.js
            return Interruptible(token => Session.ExecuteAsync(code, name, outputs, token, questions.For(request, outputs), cellId).GetAwaiter().GetResult());
        }
        finally
        {
            native?.Drain();
            outputs.Flush();
        }
    }

    private JsonObject Evaluate(JsonObject expressions) => new(expressions.Select(expression =>
    {
        var value = Interruptible(token => Session.EvaluateAsync(expressions.Text(expression.Key), token).GetAwaiter().GetResult());
        if (value is ResultOutput result) return KeyValuePair.Create(expression.Key, (JsonNode?)new JsonObject { ["status"] = "ok", ["data"] = result.Data, ["metadata"] = new JsonObject() });
        var error = CellOutputs.Error((ErrorOutput)value);
        error["status"] = "error";
        return KeyValuePair.Create(expression.Key, (JsonNode?)error);
    }).ToList());

    // Waits while the session starts.
    private CSharpSession Session => session.GetAwaiter().GetResult();
}
