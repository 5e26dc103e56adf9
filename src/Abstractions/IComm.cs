using System.Text.Json.Nodes;

namespace Lab.Abstractions;

/// <summary>A line between an object of the notebook and an object of its front ends, e.g. a widget and its views.</summary>
public interface IComm
{
    /// <summary>Names this comm in messages; for a widget, its model.</summary>
    string Id { get; }

    /// <summary>What kind of object is at the other end, e.g. <c>jupyter.widget</c>.</summary>
    string Target { get; }

    /// <summary>False once either side has closed it.</summary>
    bool IsOpen { get; }

    /// <summary>
    /// A message came from a front end. Handlers run one at a time, between two cells or, where the front end asks for it,
    /// beside the running one; what they show belongs to the message. They return soon: the next message waits for them.
    /// </summary>
    event Action<CommMessage>? Received;

    /// <summary>A front end closed it.</summary>
    event Action<CommMessage>? Closed;

    /// <summary>Sends to every front end. From any thread.</summary>
    /// <exception cref="InvalidOperationException">It is closed.</exception>
    void Send(CommMessage message);

    /// <summary>Closes it on both sides; a closed one stays closed.</summary>
    void Close();
}

/// <summary>What goes through a comm.</summary>
/// <param name="Data">A JSON object whose form the target defines.</param>
public sealed record CommMessage(JsonObject Data)
{
    /// <summary>About the message, e.g. the version of the target's protocol.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Binary parts, e.g. arrays; widgets name their places in <c>buffer_paths</c>.</summary>
    public IReadOnlyList<byte[]> Buffers { get; init; } = [];
}

/// <summary>The comms of a session.</summary>
public interface IComms
{
    /// <summary>Whether front ends take part; without one, widgets are recorded at most and nobody can answer.</summary>
    bool HasFrontEnd { get; }

    /// <summary>Opens a comm from this side.</summary>
    /// <param name="target">Known to the front ends.</param>
    /// <param name="message">Describes the object; for a widget, its state.</param>
    IComm Open(string target, CommMessage message);

    /// <summary>Lets front ends open comms to a target of this side; a target named again has a new owner.</summary>
    /// <param name="target">Names the target.</param>
    /// <param name="opened">Takes the comm and the message that opened it.</param>
    void Register(string target, Action<IComm, CommMessage> opened);
}
