using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>Carries comms between the session and the front ends.</summary>
internal sealed class FrontEndComms(Outbox outbox) : ICommChannel
{
    public bool HasFrontEnd => true;

    public void Opened(IComm comm, CommMessage message) =>
        outbox.Publish("comm_open", Outbox.Current, Content(comm.Id, message, ("target_name", comm.Target)), message.Metadata, message.Buffers);

    public void Sent(IComm comm, CommMessage message) =>
        outbox.Publish("comm_msg", Outbox.Current, Content(comm.Id, message), message.Metadata, message.Buffers);

    public void Closed(IComm comm) => PublishClose(comm.Id);

    /// <summary>The open comms, all or those of one target.</summary>
    public static JsonObject Info(CSharpSession session, JsonObject request)
    {
        var target = request["target_name"] is null ? null : request.Text("target_name");
        var comms = session.Comms.All.Where(comm => target is null || comm.Target == target)
            .Select(comm => KeyValuePair.Create(comm.Id, (JsonNode?)new JsonObject { ["target_name"] = comm.Target }));
        return new() { ["status"] = "ok", ["comms"] = new JsonObject(comms) };
    }

    /// <summary>Takes a <c>comm_open</c>, <c>comm_msg</c> or <c>comm_close</c> and runs who waits for it.</summary>
    /// <param name="session">Whose comms they are.</param>
    /// <param name="request">The message.</param>
    /// <param name="cancellation">An interrupt meanwhile.</param>
    public void Receive(CSharpSession session, Request request, CancellationToken cancellation)
    {
        var id = request.Content.Text("comm_id");
        var message = new CommMessage(request.Content.Object("data")) { Metadata = request.Metadata, Buffers = request.Buffers };
        var outputs = new CellOutputs(outbox, request, 0);
        session.HandleAsync("The comm's handler", outputs, () =>
        {
            switch (request.Type)
            {
                case "comm_open" when !session.Comms.ReceiveOpen(id, request.Content.Text("target_name"), message):
                    PublishClose(id); // the protocol wants an unknown target told at once
                    break;
                case "comm_msg" when !session.Comms.Receive(id, message):
                    Console.Error.WriteLine($"A message came for the comm {id}, which is not open; was the kernel restarted?");
                    break;
                case "comm_close":
                    session.Comms.ReceiveClose(id, message); // one that this side has closed meanwhile needs nothing
                    break;
            }
        }, cancellation).GetAwaiter().GetResult();
        outputs.Flush();
    }

    private void PublishClose(string id) => outbox.Publish("comm_close", Outbox.Current, new() { ["comm_id"] = id, ["data"] = new JsonObject() });

    private static JsonObject Content(string id, CommMessage message, params IEnumerable<(string Name, string Value)> further)
    {
        var content = new JsonObject { ["comm_id"] = id, ["data"] = message.Data.DeepClone() };
        foreach (var (name, value) in further) content[name] = value;
        return content;
    }
}
