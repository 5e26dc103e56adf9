using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Messages as frames: identities, a delimiter, the signature, then header, parent header, metadata and content, which are
/// signed, then buffers, which are not.
/// </summary>
/// <remarks>Source: Messaging in Jupyter, "The Wire Protocol".</remarks>
internal sealed class WireFormat(byte[] key, HashAlgorithmName hash)
{
    /// <summary>What the kernel speaks, not its own version.</summary>
    public const string ProtocolVersion = "5.5";

    private static readonly byte[] delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] empty = "{}"u8.ToArray();
    private static readonly JsonWriterOptions writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions reading = new() { AllowDuplicateProperties = false };

    private readonly SeenSignatures seen = new();
    private readonly string session = Guid.NewGuid().ToString();

    /// <summary>Reads and verifies one message. Called by one thread only.</summary>
    /// <exception cref="WireFormatException">Too short, not JSON, signed wrongly or received before.</exception>
    public Request Decode(IReadOnlyList<byte[]> frames, Channel channel, long arrival)
    {
        var start = 0;
        while (start < frames.Count && !frames[start].AsSpan().SequenceEqual(delimiter)) start++;
        if (frames.Count < start + 6)
            throw new WireFormatException($"{frames.Count} frames, of which {Math.Max(0, frames.Count - start - 1)} after the delimiter; at least 5 are needed there");

        byte[][] signed = [frames[start + 2], frames[start + 3], frames[start + 4], frames[start + 5]];
        Verify(frames[start + 1], signed);

        var header = Parse(signed[0], "header");
        return new Request(
            [.. frames.Take(start)], signed[0], Text(header, "msg_type") ?? throw new WireFormatException("its header has no msg_type"), Parse(signed[2], "metadata"), Parse(signed[3], "content"), [.. frames.Skip(start + 6)])
        {
            Channel = channel,
            Subshell = Text(header, "subshell_id"),
            Arrival = arrival,
        };
    }

    /// <summary>Writes and signs one message under an id and date of its own.</summary>
    /// <param name="route">Identities of the receiver, or the topic.</param>
    /// <param name="type">E.g. <c>stream</c>.</param>
    /// <param name="parent">Header of the request that this belongs to, as received; null for none.</param>
    /// <param name="content">The message.</param>
    /// <param name="metadata">About the message; null for nothing.</param>
    /// <param name="buffers">Binary parts; they are not signed.</param>
    public IReadOnlyList<byte[]> Encode(
        IEnumerable<byte[]> route, string type, byte[]? parent, JsonObject content, JsonObject? metadata = null, IReadOnlyList<byte[]>? buffers = null)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(),
            ["session"] = session,
            ["username"] = "kernel",
            ["date"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        return Frames(route, [Bytes(header), parent ?? empty, metadata is null ? empty : Bytes(metadata), Bytes(content)], buffers ?? []);
    }

    /// <summary>Signs the parts of a message and puts it together.</summary>
    internal IReadOnlyList<byte[]> Frames(IEnumerable<byte[]> route, byte[][] signed, IEnumerable<byte[]> buffers) =>
        [.. route, delimiter, Sign(signed), .. signed, .. buffers];

    /// <summary>The signature in lower-case hexadecimal; empty without a key.</summary>
    public byte[] Sign(IEnumerable<byte[]> signed)
    {
        if (key.Length == 0) return [];
        using var hmac = IncrementalHash.CreateHMAC(hash, key);
        foreach (var frame in signed) hmac.AppendData(frame);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hmac.GetHashAndReset()));
    }

    // The received bytes are hashed: JSON written anew could differ. A signature that was seen is a replayed message.
    private void Verify(byte[] signature, byte[][] signed)
    {
        if (key.Length == 0) return;
        if (!CryptographicOperations.FixedTimeEquals(signature, Sign(signed))) throw new WireFormatException("its signature does not fit the connection file's key");
        if (!seen.Add(Encoding.ASCII.GetString(signature))) throw new WireFormatException("its signature was received before");
    }

    private static string? Text(JsonObject header, string name)
    {
        try
        {
            return header[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        }
        catch (InvalidOperationException e) // the text is no valid Unicode
        {
            throw new WireFormatException($"its {name} cannot be read: {e.Message}");
        }
    }

    private static JsonObject Parse(byte[] frame, string name)
    {
        try
        {
            return JsonNode.Parse(frame, documentOptions: reading) as JsonObject ?? throw new WireFormatException($"its {name} is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new WireFormatException($"its {name} is not JSON: {e.Message}");
        }
    }

    private static byte[] Bytes(JsonObject json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, writing)) json.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The latest signatures; past 65,536 the oldest tenth is forgotten.</summary>
    private sealed class SeenSignatures
    {
        private const int capacity = 1 << 16;
        private readonly HashSet<string> signatures = [];
        private readonly Queue<string> order = [];

        public bool Add(string signature)
        {
            if (!signatures.Add(signature)) return false;
            order.Enqueue(signature);
            if (order.Count > capacity)
                for (var i = 0; i < capacity / 10; i++) signatures.Remove(order.Dequeue());
            return true;
        }
    }
}

/// <summary>A received message is malformed or forged; it is dropped as a whole.</summary>
internal sealed class WireFormatException(string message) : Exception(message);
