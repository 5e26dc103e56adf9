using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Answers front ends. The sockets' thread hands verified requests to workers: one runs the shell's, cells among them, in
/// order; others answer the control socket's and those of subshells meanwhile.
/// </summary>
internal sealed class KernelServer
{
    private static readonly TimeSpan grace = TimeSpan.FromSeconds(1); // for the running cell at shutdown
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(0.5); // between requests, in which nobody misses a processor

    private readonly WireFormat wire;
    private readonly KernelSockets sockets;
    private readonly Outbox outbox;
    private readonly Task<CSharpSession> session;
    private readonly Questions questions;
    private readonly Execution execution;
    private readonly Subshells subshells;
    private readonly Answers answers;
    private readonly Worker shell;
    private readonly Worker control;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long arrivals;

    /// <exception cref="ConnectionException">A port is taken, or the address is not one of this machine.</exception>
    /// <param name="file">Where to serve.</param>
    /// <param name="options">What the session starts with.</param>
    /// <param name="history">Keeps the cells' code.</param>
    /// <param name="native">Captures what native code prints; null leaves it to the console.</param>
    public KernelServer(ConnectionFile file, SessionOptions options, History history, NativeOutput? native = null)
    {
        wire = new WireFormat(file.Key, file.Hash);
        sockets = new KernelSockets(file, Receive, topic => outbox!.Welcome(topic));
        outbox = new Outbox(wire, sockets.Send);
        questions = new Questions(outbox);
        var comms = new FrontEndComms(outbox);
        session = Task.Run(() => new CSharpSession(options with { Comms = comms })); // front ends get answers while the compiler and the extensions load
        execution = new Execution(session, outbox, questions, history, native, () => Volatile.Read(ref arrivals));
        subshells = new Subshells(Serve);
        answers = new Answers(session, execution, comms, subshells, history);
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

    /// <summary>Does in the background what makes first times slow.</summary>
    public async Task WarmUpAsync()
    {
        try
        {
            await CSharpSession.WarmUpCompilerAsync().ConfigureAwait(false); // while the session loads its extensions
            var started = await session.ConfigureAwait(false);
            await started.WarmUpAsync().ConfigureAwait(false);
            await PauseAsync().ConfigureAwait(false); // of two processors, the cells that run first would get half of one
            await started.WarmUpLanguageAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (!session.IsFaulted) // the user's own first cell will say what is wrong
        {
            Console.Error.WriteLine($"Warming up failed: {e}");
        }
    }

    // By what arrives, not by what runs: a cell that takes longer than a pause is as good a time as any.
    private async Task PauseAsync()
    {
        long before;
        do
        {
            before = Volatile.Read(ref arrivals);
            await Task.Delay(pause).ConfigureAwait(false);
        }
        while (Volatile.Read(ref arrivals) != before);
    }

    // Whatever a message holds, the loop lives on.
    private void Receive(Channel channel, IReadOnlyList<byte[]> frames)
    {
        try
        {
            var request = wire.Decode(frames, channel, Interlocked.Increment(ref arrivals));
            if (channel == Channel.Stdin) questions.Receive(request);
            else if (channel == Channel.Control) control.Add(request);
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
            if (answers.To(request) is { } content) outbox.Reply(request, content);
            if (request.Type == "shutdown_request") outbox.Publish(Outbox.ReplyType(request), request, Answers.Shutdown(request));
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
}
