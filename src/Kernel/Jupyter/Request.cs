using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>The sockets that carry messages of the protocol.</summary>
internal enum Channel
{
    Shell,
    Control,
    IoPub,
    Stdin,
}

/// <summary>A verified message of a front end.</summary>
/// <param name="Identities">Route of the answer.</param>
/// <param name="Header">As received: answers and outputs carry these bytes as their parent.</param>
/// <param name="Type">E.g. <c>execute_request</c>.</param>
/// <param name="Metadata">About the message.</param>
/// <param name="Content">What is asked.</param>
/// <param name="Buffers">Binary parts.</param>
internal sealed record Request(
    IReadOnlyList<byte[]> Identities, byte[] Header, string Type, JsonObject Metadata, JsonObject Content, IReadOnlyList<byte[]> Buffers)
{
    /// <summary>The socket it came by; the answer goes the same way.</summary>
    public required Channel Channel { get; init; }

    /// <summary>The subshell it is for; null for the shell itself.</summary>
    public required string? Subshell { get; init; }

    /// <summary>Counts all requests of the kernel in order of arrival.</summary>
    public required long Arrival { get; init; }
}
