using System.Text;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>What the kernel says: answers to one front end, outputs to all. Used from any thread.</summary>
internal sealed class Outbox(WireFormat wire, Action<Channel, IReadOnlyList<byte[]>> send)
{
    private static readonly AsyncLocal<Request?> current = new();

    /// <summary>The request that the present code runs for. Flows into what it starts, and so outlives the answer.</summary>
    public static Request? Current => current.Value;

    /// <summary>From here on the present flow works for this request.</summary>
    public static void Enter(Request request) => current.Value = request;

    /// <summary>Answers a request.</summary>
    public void Reply(Request request, JsonObject content) =>
        send(request.Channel, wire.Encode(request.Identities, ReplyType(request), request.Header, content));

    /// <summary>Asks the user of the front end that sent a request.</summary>
    public void Ask(Request request, JsonObject content) =>
        send(Channel.Stdin, wire.Encode(request.Identities, "input_request", request.Header, content));

    /// <summary>Tells every front end.</summary>
    /// <param name="type">E.g. <c>stream</c>.</param>
    /// <param name="request">What this is a consequence of; null for none.</param>
    /// <param name="content">The message.</param>
    /// <param name="metadata">About the message.</param>
    /// <param name="buffers">Binary parts.</param>
    public void Publish(string type, Request? request, JsonObject content, JsonObject? metadata = null, IReadOnlyList<byte[]>? buffers = null) =>
        send(Channel.IoPub, wire.Encode([Encoding.UTF8.GetBytes(type)], type, request?.Header, content, metadata, buffers));

    /// <summary>Tells a new listener that it is heard. The topic is what it subscribed to, so that it gets this message.</summary>
    public void Welcome(byte[] topic) =>
        send(Channel.IoPub, wire.Encode([topic], "iopub_welcome", null, new() { ["subscription"] = Encoding.UTF8.GetString(topic) }));

    /// <summary><c>busy</c>, <c>idle</c> or <c>starting</c>.</summary>
    public void PublishStatus(string state, Request? request) => Publish("status", request, new() { ["execution_state"] = state });

    /// <summary>The type of a request's answer.</summary>
    public static string ReplyType(Request request) => request.Type.Replace("_request", "_reply", StringComparison.Ordinal);
}
