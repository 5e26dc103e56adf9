using Lab.Abstractions;

namespace Lab.Kernel.Session;

/// <summary>Takes what a session says through its comms: front ends, or a recorder where there are none. Called from any thread.</summary>
public interface ICommChannel
{
    /// <summary>Whether somebody at the other end can answer.</summary>
    bool HasFrontEnd { get; }

    /// <summary>The session opened a comm.</summary>
    void Opened(IComm comm, CommMessage message);

    /// <summary>The session sent a message.</summary>
    void Sent(IComm comm, CommMessage message);

    /// <summary>The session closed a comm.</summary>
    void Closed(IComm comm);
}
