using System.Net.Sockets;
using NetMQ;
using NetMQ.Sockets;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// The kernel's five sockets and the one thread that touches them: sockets are not thread-safe, so whoever has something
/// to send puts it into a queue that wakes that thread.
/// </summary>
internal sealed class KernelSockets
{
    private static readonly TimeSpan linger = TimeSpan.FromSeconds(1);

    private readonly Action<byte[]> subscribed;
    private readonly RouterSocket shell = new();
    private readonly RouterSocket control = new();
    private readonly RouterSocket stdin = new();
    private readonly RouterSocket heartbeat = new();
    private readonly XPublisherSocket ioPub = new();
    private readonly List<IpcRelay> relays = [];
    private readonly NetMQQueue<Outgoing> outgoing = new();
    private readonly NetMQPoller poller;
    private readonly Thread thread;

    /// <param name="file">Where to listen.</param>
    /// <param name="received">Takes a message of the shell, control or stdin socket, on the sockets' thread: it must not wait.</param>
    /// <param name="subscribed">Takes the topic of a new listener to the outputs, on the same thread.</param>
    /// <exception cref="ConnectionException">A port is taken, or the address is not one of this machine.</exception>
    public KernelSockets(ConnectionFile file, Action<Channel, IReadOnlyList<byte[]>> received, Action<byte[]> subscribed)
    {
        this.subscribed = subscribed;
        poller = [shell, control, stdin, heartbeat, ioPub, outgoing];
        thread = new Thread(poller.Run) { Name = "jupyter sockets", IsBackground = true };
        foreach (var router in new[] { shell, control, stdin }) router.Options.RouterHandover = true; // a front end that connects again keeps its name
        ioPub.Options.XPubVerbose = true; // every listener is told that it is heard, not only the first
        try
        {
            Bind(shell, file, file.Shell, "shell");
            Bind(control, file, file.Control, "control");
            Bind(ioPub, file, file.IoPub, "iopub");
            Bind(stdin, file, file.Stdin, "stdin");
            Bind(heartbeat, file, file.Heartbeat, "heartbeat");
        }
        catch (ConnectionException)
        {
            Dispose();
            throw;
        }

        shell.ReceiveReady += (_, _) => received(Channel.Shell, shell.ReceiveMultipartBytes());
        control.ReceiveReady += (_, _) => received(Channel.Control, control.ReceiveMultipartBytes());
        stdin.ReceiveReady += (_, _) => received(Channel.Stdin, stdin.ReceiveMultipartBytes());
        heartbeat.ReceiveReady += (_, _) => heartbeat.SendMultipartBytes(heartbeat.ReceiveMultipartBytes());
        ioPub.ReceiveReady += (_, _) => Subscription(ioPub.ReceiveMultipartBytes());
        outgoing.ReceiveReady += (_, _) => SendNext();
    }

    /// <summary>From here on requests come in.</summary>
    public void Start() => thread.Start();

    /// <summary>Sends a message, from any thread; two messages of one thread leave in their order.</summary>
    public void Send(Channel channel, IReadOnlyList<byte[]> frames) => outgoing.Enqueue(new Outgoing(channel, frames));

    /// <summary>Sends what waits, then closes the sockets and ends their thread.</summary>
    public void Close()
    {
        outgoing.Enqueue(new Outgoing(default, null));
        thread.Join();
        Dispose();
    }

    private void Bind(NetMQSocket socket, ConnectionFile file, int port, string name)
    {
        // Thousands of outputs may wait for a slow front end: without limits none is dropped.
        socket.Options.SendHighWatermark = 0;
        socket.Options.ReceiveHighWatermark = 0;
        socket.Options.Linger = linger;
        try
        {
            if (file.Ipc) relays.Add(new IpcRelay($"{file.Address}-{port}", socket.BindRandomPort("tcp://127.0.0.1")));
            else socket.Bind($"tcp://{file.Address}:{port}");
        }
        catch (SocketException e)
        {
            throw new ConnectionException($"Cannot open the {name} socket {file.Address}-{port}: {e.Message}.", e);
        }
        catch (NetMQException e)
        {
            var reason = e is AddressAlreadyInUseException ? "another program, maybe another kernel, uses it. Start the kernel with a new connection file" : e.Message;
            throw new ConnectionException($"Cannot open the {name} port {port} on {file.Address}: {reason}.", e);
        }
    }

    // A subscription is one frame: 1 (0 when it ends) and the topic.
    private void Subscription(List<byte[]> frames)
    {
        if (frames is [[1, .. var topic]]) subscribed(topic);
    }

    private void SendNext()
    {
        if (!outgoing.TryDequeue(out var next, TimeSpan.Zero)) return;
        if (next.Frames is null) poller.StopAsync();
        else Socket(next.Channel).SendMultipartBytes(next.Frames);
    }

    private NetMQSocket Socket(Channel channel) => channel switch
    {
        Channel.Shell => shell,
        Channel.Control => control,
        Channel.Stdin => stdin,
        _ => ioPub,
    };

    private void Dispose()
    {
        poller.Dispose();
        outgoing.Dispose();
        foreach (var socket in new NetMQSocket[] { shell, control, stdin, heartbeat, ioPub }) socket.Dispose();
        foreach (var relay in relays) relay.Dispose();
    }

    /// <param name="Channel">Where to.</param>
    /// <param name="Frames">Null ends the thread.</param>
    private sealed record Outgoing(Channel Channel, IReadOnlyList<byte[]>? Frames);
}
