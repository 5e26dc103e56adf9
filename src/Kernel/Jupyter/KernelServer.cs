using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Answers front ends. The sockets' thread hands verified requests to workers: one runs the shell's, cells among them, in
/// order; others answer the control socket's and those of subshells meanwhile.
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
    private readonly Subshells subshells;
    private readonly Worker shell;
    private readonly Worker control;
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
        subshells = new Subshells(Serve);
        shell = new Worker("shell", Serve);
        control = new Worker("control", Serve);
    }

    /// <summary>Serves until a front end or the token asks to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var registration = stop.Register(() => stopped.TrySetResult());
        _ = session.ContinueWith(failed => stopped.TrySetException(failed.Exception!.InnerExceptions), TaskContinuationOptions.OnlyOnFaulted);
        sockets.Start();
        outbox.PublishStatus("starting", null);
        _ = WarmUpAsync();
        try
        {
            await stopped.Task.ConfigureAwait(false);
        }
        finally
        {
            shell.Stop();
            control.Stop();
            Interrupt();
            shell.Join(grace); // a cell that does not end by then is left to the end of the process
            sockets.Close();
        }
    }

    /// <summary>Asks the running cell to stop.</summary>
    public void Interrupt() => execution.Interrupt();

    // Waits while the session starts.
    private CSharpSession Session => session.GetAwaiter().GetResult();

    private async Task WarmUpAsync()
    {
        try
        {
            await (await session.ConfigureAwait(false)).WarmUpAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (!session.IsFaulted) // the user's own first cell will say what is wrong
        {
            Console.Error.WriteLine($"Warming up failed: {e}");
        }
    }

    // Whatever a message holds, the loop lives on.
    private void Receive(Channel channel, IReadOnlyList<byte[]> frames)
    {
        try
        {
            var request = wire.Decode(frames, channel, Interlocked.Increment(ref arrivals));
            if (channel == Channel.Control) control.Add(request);
            else if (request.Subshell is null || !subshells.TryAdd(request.Subshell, request)) shell.Add(request);
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
            if (request is { Channel: Channel.Shell, Subshell: { } id } && !subshells.Contains(id)) throw Subshells.Unknown(id);
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
            case "is_complete_request": return LanguageRequests.Completeness(Session, request.Content);
            case "complete_request": return execution.Interruptible(token => LanguageRequests.Complete(Session, request.Content, token));
            case "inspect_request": return execution.Interruptible(token => LanguageRequests.Inspect(Session, request.Content, token));
            case "comm_info_request": return FrontEndComms.Info(Session, request.Content);
            case "history_request": return new() { ["status"] = "ok", ["history"] = new JsonArray() };
            case "shutdown_request": return Shutdown(request);
            case "create_subshell_request" when request.Channel == Channel.Control: return subshells.Create();
            case "delete_subshell_request" when request.Channel == Channel.Control: return subshells.Delete(request.Content.Text("subshell_id"));
            case "list_subshell_request" when request.Channel == Channel.Control: return subshells.List();
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

    private static JsonObject Shutdown(Request request) => new() { ["status"] = "ok", ["restart"] = request.Content.Flag("restart", false) };
}
