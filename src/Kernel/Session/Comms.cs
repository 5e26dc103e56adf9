using System.Collections.Concurrent;
using Lab.Abstractions;

namespace Lab.Kernel.Session;

/// <summary>The open comms of a session and the targets that front ends may open.</summary>
/// <param name="channel">Null: nobody listens.</param>
internal sealed class Comms(ICommChannel? channel) : IComms
{
    private readonly ICommChannel? channel = channel;
    private readonly ConcurrentDictionary<string, Comm> open = [];
    private readonly ConcurrentDictionary<string, Action<IComm, CommMessage>> targets = [];

    public bool HasFrontEnd => channel?.HasFrontEnd == true;

    /// <summary>Those that no side has closed.</summary>
    public IEnumerable<IComm> All => open.Values;

    public IComm Open(string target, CommMessage message)
    {
        var comm = Add(Guid.NewGuid().ToString("N"), target);
        channel?.Opened(comm, message);
        return comm;
    }

    public void Register(string target, Action<IComm, CommMessage> opened) => targets[target] = opened;

    /// <summary>A front end opens a comm.</summary>
    /// <returns>False: there is no such target.</returns>
    public bool ReceiveOpen(string id, string target, CommMessage message)
    {
        if (!targets.TryGetValue(target, out var opened)) return false;
        var comm = Add(id, target);
        try
        {
            opened(comm, message);
        }
        catch
        {
            comm.Close(); // nobody owns it
            throw;
        }

        return true;
    }

    /// <summary>A front end sends a message.</summary>
    /// <returns>False: the comm is not open.</returns>
    public bool Receive(string id, CommMessage message)
    {
        if (!open.TryGetValue(id, out var comm)) return false;
        comm.Receive(message);
        return true;
    }

    /// <summary>A front end closes a comm.</summary>
    /// <returns>False: the comm is not open.</returns>
    public bool ReceiveClose(string id, CommMessage message)
    {
        if (!open.TryRemove(id, out var comm)) return false;
        comm.CloseFromOutside(message);
        return true;
    }

    private Comm Add(string id, string target) => open[id] = new Comm(this, id, target);

    private sealed class Comm(Comms owner, string id, string target) : IComm
    {
        public event Action<CommMessage>? Received;

        public event Action<CommMessage>? Closed;

        public string Id => id;

        public string Target => target;

        public bool IsOpen => owner.open.TryGetValue(id, out var known) && known == this;

        public void Send(CommMessage message)
        {
            if (!IsOpen) throw new InvalidOperationException($"The comm {id} to {target} is closed.");
            owner.channel?.Sent(this, message);
        }

        public void Close()
        {
            if (owner.open.TryRemove(new(id, this))) owner.channel?.Closed(this);
        }

        public void Receive(CommMessage message) => Received?.Invoke(message);

        public void CloseFromOutside(CommMessage message) => Closed?.Invoke(message);
    }
}
