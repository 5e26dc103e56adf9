using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Lab.Kernel.Jupyter;

/// <summary>Where a front end expects the kernel's sockets, and the key that both sign their messages with.</summary>
/// <param name="Ipc">Whether the sockets are files, named by address and port, rather than TCP ports.</param>
/// <param name="Address">Of the interface to listen on, e.g. <c>127.0.0.1</c>.</param>
/// <param name="Shell">Port of requests.</param>
/// <param name="Control">Port of requests that are answered while a cell runs.</param>
/// <param name="IoPub">Port of outputs.</param>
/// <param name="Stdin">Port of questions to the user.</param>
/// <param name="Heartbeat">Port of the echo.</param>
/// <param name="Key">Empty: messages are not signed.</param>
/// <param name="Hash">Of the signatures.</param>
internal sealed record ConnectionFile(
    bool Ipc, string Address, int Shell, int Control, int IoPub, int Stdin, int Heartbeat, byte[] Key, HashAlgorithmName Hash)
{
    /// <exception cref="ConnectionException">The file cannot be read or asks for what this kernel does not speak.</exception>
    public static ConnectionFile Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Of(document.RootElement, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConnectionException($"Cannot read the connection file {path}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new ConnectionException($"{path} is not a Jupyter connection file: it is not JSON ({e.Message})", e);
        }
    }

    private static ConnectionFile Of(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new ConnectionException($"{path} is not a Jupyter connection file: it holds no JSON object.");
        var transport = Text("transport", "tcp");
        if (transport is not ("tcp" or "ipc")) throw Wrong("transport", $"tcp or ipc, not {transport}");

        return new ConnectionFile(
            transport == "ipc", Text("ip", null), Port("shell_port"), Port("control_port"), Port("iopub_port"), Port("stdin_port"), Port("hb_port"),
            Encoding.UTF8.GetBytes(Text("key", "")), HashOf(Text("signature_scheme", "hmac-sha256")));

        string Text(string name, string? otherwise)
        {
            if (!root.TryGetProperty(name, out var value) && otherwise is not null) return otherwise;
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "a string");
        }

        int Port(string name) =>
            root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var port) && port is > 0 and < 65536
                ? port
                : throw Wrong(name, "a port number from 1 to 65535");

        ConnectionException Wrong(string name, string expected) => new($"{path} is not a usable connection file: \"{name}\" must be {expected}.");

        HashAlgorithmName HashOf(string scheme) => scheme switch
        {
            "hmac-sha256" => HashAlgorithmName.SHA256,
            "hmac-sha384" => HashAlgorithmName.SHA384,
            "hmac-sha512" => HashAlgorithmName.SHA512,
            _ => throw Wrong("signature_scheme", $"hmac-sha256, hmac-sha384 or hmac-sha512, not {scheme}"),
        };
    }
}

/// <summary>The kernel cannot be reached in the way its connection file asks for.</summary>
public sealed class ConnectionException(string message, Exception? inner = null) : Exception(message, inner);
