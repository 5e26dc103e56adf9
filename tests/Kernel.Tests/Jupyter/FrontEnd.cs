using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Kernel.Jupyter;
using Lab.Kernel.Session;
using NetMQ;
using NetMQ.Sockets;

namespace Kernel.Tests.Jupyter;

/// <summary>A kernel in this process and a client of its own that talks to it through sockets, as a front end does.</summary>
internal sealed class FrontEnd : IDisposable
{
    private const string key = "a0436f6c-1916-498b-8eb9-e81ab9368e84";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource stop = new();
    private readonly DealerSocket shell = new();
    private readonly DealerSocket control = new();
    private readonly DealerSocket stdin = new();
    private readonly SubscriberSocket ioPub = new();
    private readonly string session = Guid.NewGuid().ToString();

    public FrontEnd(History? history = null)
    {
        var ports = FreePorts(5);
        File = new ConnectionFile(false, "127.0.0.1", ports[0], ports[1], ports[2], ports[3], ports[4], Encoding.UTF8.GetBytes(key), HashAlgorithmName.SHA256);
        Kernel = new KernelServer(File, new SessionOptions(), history ?? new History(null)).RunAsync(stop.Token);
        shell.Options.Identity = stdin.Options.Identity = Encoding.UTF8.GetBytes(session); // a question finds the front end that it is for
        foreach (var (socket, port) in new (NetMQSocket, int)[] { (stdin, File.Stdin), (shell, File.Shell), (control, File.Control), (ioPub, File.IoPub) })
        {
            socket.Options.ReceiveHighWatermark = 0;
            socket.Connect($"tcp://127.0.0.1:{port}");
        }

        ioPub.SubscribeToAnyTopic();
        Welcome = Receive(ioPub);
        while (Welcome.Type != "iopub_welcome") Welcome = Receive(ioPub);
    }

    public ConnectionFile File { get; }

    /// <summary>Ends when the kernel does.</summary>
    public Task Kernel { get; }

    public Message Welcome { get; }

    /// <summary>Where requests on the shell socket go.</summary>
    public string? Subshell { get; set; }

    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Stop();
        return ports;
    }

    /// <summary>The frames of a signed request.</summary>
    public byte[][] Frames(string type, JsonObject content, out string id)
    {
        id = Guid.NewGuid().ToString();
        var header = new JsonObject
        {
            ["msg_id"] = id,
            ["session"] = session,
            ["username"] = "researcher",
            ["date"] = "2026-04-24T10:00:00.000000Z",
            ["msg_type"] = type,
            ["version"] = "5.3",
            ["an_extra_field"] = "é",
        };
        if (Subshell is not null) header["subshell_id"] = Subshell;
        byte[][] signed = [.. new[] { header, [], [], content }.Select(json => Encoding.UTF8.GetBytes(json.ToJsonString()))];
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed.SelectMany(frame => frame).ToArray());
        return ["<IDS|MSG>"u8.ToArray(), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(signature)), .. signed];
    }

    public void SendShell(params byte[][] frames) => shell.SendMultipartBytes(frames);

    public string Send(string type, JsonObject content, params byte[][] buffers)
    {
        shell.SendMultipartBytes([.. Frames(type, content, out var id), .. buffers]);
        return id;
    }

    public string SendControl(string type, JsonObject content)
    {
        control.SendMultipartBytes(Frames(type, content, out var id));
        return id;
    }

    public string SendCode(string code, bool silent = false, bool storeHistory = true, bool allowStdin = false) =>
        Send("execute_request", new() { ["code"] = code, ["silent"] = silent, ["store_history"] = storeHistory, ["allow_stdin"] = allowStdin, ["stop_on_error"] = true });

    /// <summary>What the kernel asks the user next.</summary>
    public Message Question() => Receive(stdin);

    public void Answer(string value) => stdin.SendMultipartBytes(Frames("input_reply", new() { ["value"] = value }, out _));

    public Message ShellReply() => Receive(shell);

    public Message ControlReply() => Receive(control);

    /// <summary>What the kernel publishes next.</summary>
    public Message Published() => Receive(ioPub);

    /// <summary>All that the kernel publishes for one request, from busy to idle.</summary>
    public IReadOnlyList<Message> PublishedFor(string id)
    {
        var messages = new List<Message>();
        while (messages is not [.., { State: "idle" }])
        {
            var message = Published();
            if (message.ParentId == id) messages.Add(message);
        }

        return messages;
    }

    /// <summary>Runs a cell.</summary>
    public (Message Reply, IReadOnlyList<Message> Published) Run(string code, bool silent = false, bool storeHistory = true)
    {
        var id = SendCode(code, silent, storeHistory);
        var published = PublishedFor(id);
        return (ShellReply(), published);
    }

    private static Message Receive(NetMQSocket socket)
    {
        List<byte[]> frames = [];
        return socket.TryReceiveMultipartBytes(patience, ref frames!)
            ? new Message(frames)
            : throw new TimeoutException($"The kernel sent nothing for {patience.TotalSeconds} s.");
    }

    public void Dispose()
    {
        stop.Cancel();
        Kernel.Wait(patience);
        foreach (var socket in new NetMQSocket[] { shell, control, stdin, ioPub }) socket.Dispose();
    }
}

/// <summary>A message as a front end reads it.</summary>
internal sealed class Message(IReadOnlyList<byte[]> frames)
{
    private readonly int start = frames.ToList().FindIndex(frame => Encoding.UTF8.GetString(frame) == "<IDS|MSG>");

    public string Signature => Encoding.ASCII.GetString(frames[start + 1]);

    public JsonObject Header => Json(2);

    public string ParentText => Encoding.UTF8.GetString(frames[start + 3]);

    public JsonObject Parent => Json(3);

    public JsonObject Metadata => Json(4);

    public JsonObject Content => Json(5);

    public IReadOnlyList<byte[]> Buffers => [.. frames.Skip(start + 6)];

    public string Type => Header.String("msg_type");

    public string? ParentId => (string?)Parent["msg_id"];

    public string? State => Type == "status" ? Content.String("execution_state") : null;

    /// <summary>The type, for a status its state.</summary>
    public string Name => State ?? Type;

    public IEnumerable<byte[]> Signed => frames.Skip(start + 2).Take(4);

    private JsonObject Json(int frame) => JsonNode.Parse(frames[start + frame])!.AsObject();
}

internal static class JsonReading
{
    public static string String(this JsonObject json, string name) => (string)json[name]!;

    public static int Int(this JsonObject json, string name) => (int)json[name]!;
}
