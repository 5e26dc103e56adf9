using Lab.Abstractions;

namespace Lab.Extensions.Tests.Magics;

/// <summary>Comms with a front end that remembers what it is told, and says what a test wants.</summary>
internal sealed class FakeComms : IComms
{
    public required bool HasFrontEnd { get; init; }

    public List<FakeComm> Opened { get; } = [];

    public Dictionary<string, Action<IComm, CommMessage>> Targets { get; } = [];

    public IComm Open(string target, CommMessage message)
    {
        var comm = new FakeComm(target, message);
        Opened.Add(comm);
        return comm;
    }

    public void Register(string target, Action<IComm, CommMessage> opened) => Targets[target] = opened;
}

internal sealed class FakeComm(string target, CommMessage opening) : IComm
{
    public event Action<CommMessage>? Received;

    public event Action<CommMessage>? Closed;

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public string Target => target;

    public bool IsOpen { get; private set; } = true;

    public CommMessage Opening => opening;

    public List<CommMessage> Sent { get; } = [];

    public void Send(CommMessage message) => Sent.Add(message);

    public void Close() => IsOpen = false;

    public void Say(string json) => Received?.Invoke(new CommMessage(System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject()));

    public void CloseFromOutside()
    {
        IsOpen = false;
        Closed?.Invoke(new CommMessage([]));
    }
}
