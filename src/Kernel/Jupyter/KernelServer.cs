using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Answers front ends. The sockets' thread puts verified requests into two queues; one worker runs the shell's, cells among
/// them, in order, the other answers the control socket's meanwhile.
/// </summary>
internal sealed class KernelServer
{
    private static readonly TimeSpan grace = TimeSpan.FromSeconds(1); // for the running cell at shutdown

    private readonly WireFormat wire;
    private readonly KernelSockets sockets;
    private readonly Outbox outbox;
    private readonly FrontEndComms comms;
    private readonly Task<CSharpSession> session;
    private readonly Execution execution;
    private readonly BlockingCollection<Request> shell = [];
    private readonly BlockingCollection<Request> control = [];
    private readonly CancellationTokenSource workersEnd = new();
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long arrivals;

    /// <exception cref="ConnectionException">A port is taken, or the address is not one of this machine.</exception>
    public KernelServer(ConnectionFile file, SessionOptions options)
    {
        wire = new WireFormat(file.Key, file.Hash);
        sockets = new KernelSockets(file, Receive, topic => outbox!.Welcome(topic));
        outbox = new Outbox(wire, sockets.Send);
        comms = new FrontEndComms(outbox);
        session = Task.Run(() => new CSharpSession(options with { Comms = comms })); // front ends get answers while the compiler and the extensions load
        execution = new Execution(session, outbox, () => Volatile.Read(ref arrivals));
    }

    /// <summary>Serves until a front end or the token asks to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var registration = stop.Register(() => stopped.TrySetResult());
        _ = session.ContinueWith(failed => stopped.TrySetException(failed.Exception!.InnerExceptions), TaskContinuationOptions.OnlyOnFaulted);
        sockets.Start();
        outbox.PublishStatus("starting", null);
        var cells = StartWorker(shell, "jupyter shell");
        StartWorker(control, "jupyter control");
        try
        {
            await stopped.Task.ConfigureAwait(false);
        }
        finally
        {
            await workersEnd.CancelAsync().ConfigureAwait(false);
            Interrupt();
            cells.Join(grace); // a cell that does not end by then is left to the end of the process
            sockets.Close();
        }
    }

    /// <summary>Asks the running cell to stop.</summary>
    public void Interrupt() => execution.Interrupt();

    // Waits while the session starts.
    private CSharpSession Session => session.GetAwaiter().GetResult();

    private Thread StartWorker(BlockingCollection<Request> queue, string name)
    {
        var thread = new Thread(() =>
        {
            try
            {
                foreach (var request in queue.GetConsumingEnumerable(workersEnd.Token)) Serve(request);
            }
            catch (OperationCanceledException) when (workersEnd.IsCancellationRequested)
            {
                // what still waits stays unanswered: the front end has asked for the end
            }
        })
        { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    // Whatever a message holds, the loop lives on.
    private void Receive(Channel channel, IReadOnlyList<byte[]> frames)
    {
        try
        {
            (channel == Channel.Shell ? shell : control).Add(wire.Decode(frames, channel, Interlocked.Increment(ref arrivals)));
        }
        catch (WireFormatException e)
        {
            Console.Error.WriteLine($"Dropped a message on the {channel} socket: {e.Message}.");
        }
    }

    private void Serve(Request request)
    {
        Outbox.Enter(request);
        outbox.PublishStatus("busy", request);
        try
        {
            if (Answer(request) is { } content) outbox.Reply(request, content);
            if (request.Type == "shutdown_request") outbox.Publish(Outbox.ReplyType(request), request, Shutdown(request));
        }
        catch (Exception e) // a front end must get an answer, and the kernel must live on
        {
            Console.Error.WriteLine($"Answering {request.Type} failed: {e}");
            var error = CellOutputs.Error(new ErrorOutput(e.GetType().Name, e.Message, [$"{request.Type}: {e.Message}"]));
            error["status"] = "error";
            outbox.Reply(request, error);
        }

        outbox.PublishStatus("idle", request);
        if (request.Type == "shutdown_request") stopped.TrySetResult();
    }

    private JsonObject? Answer(Request request)
    {
        switch (request.Type)
        {
            case "kernel_info_request": return KernelInfo.Content();
            case "execute_request" when request.Channel == Channel.Shell: return execution.Run(request);
            case "is_complete_request": return Completeness(request.Content.Text("code"));
            case "comm_info_request": return FrontEndComms.Info(Session, request.Content);
            case "history_request": return new() { ["status"] = "ok", ["history"] = new JsonArray() };
            case "shutdown_request": return Shutdown(request);
            case "interrupt_request":
                Interrupt();
                return new() { ["status"] = "ok" };
            case "comm_open" or "comm_msg" or "comm_close":
                execution.Interruptible(token => comms.Receive(Session, request, token));
                return null;
            default:
                Console.Error.WriteLine($"{request.Type} on the {request.Channel} socket is not known to this kernel; it was left unanswered.");
                return null;
        }
    }

    private JsonObject Completeness(string code)
    {
        var completeness = Session.CheckComplete(code);
        var content = new JsonObject { ["status"] = completeness.Status.ToString().ToLowerInvariant() };
        if (completeness.Status == CompletenessStatus.Incomplete) content["indent"] = completeness.Indent;
        return content;
    }

    private static JsonObject Shutdown(Request request) => new() { ["status"] = "ok", ["restart"] = request.Content.Flag("restart", false) };
}
