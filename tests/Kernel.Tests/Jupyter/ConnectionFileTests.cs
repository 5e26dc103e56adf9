using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class ConnectionFileTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    [Fact]
    public void A_connection_file_names_five_ports_and_a_key()
    {
        var file = Read(Good());
        Assert.Equal(("127.0.0.1", 5001, 5002, 5003, 5004, 5005), (file.Address, file.Shell, file.Control, file.IoPub, file.Stdin, file.Heartbeat));
        Assert.Equal("secret"u8.ToArray(), file.Key);
        Assert.Equal(HashAlgorithmName.SHA256, file.Hash);
    }

    [Theory]
    [InlineData("shell_port", 70000, "shell_port")]
    [InlineData("hb_port", "5005", "hb_port")]
    [InlineData("ip", null, "ip")]
    [InlineData("signature_scheme", "hmac-md5", "hmac-md5")]
    [InlineData("transport", "udp", "udp")]
    public void A_field_that_cannot_be_used_is_named(string field, object? value, string named)
    {
        var json = Good();
        json[field] = JsonValue.Create(value);
        Assert.Contains(named, Assert.Throws<ConnectionException>(() => Read(json)).Message);
    }

    [Fact]
    public void A_file_that_is_no_json_or_not_there_is_refused()
    {
        File.WriteAllText(path, "{");
        Assert.Contains("not JSON", Assert.Throws<ConnectionException>(() => ConnectionFile.Read(path)).Message);
        Assert.Contains("absent.json", Assert.Throws<ConnectionException>(() => ConnectionFile.Read("absent.json")).Message);
    }

    public void Dispose() => File.Delete(path);

    private ConnectionFile Read(JsonObject json)
    {
        File.WriteAllText(path, json.ToJsonString());
        return ConnectionFile.Read(path);
    }

    private static JsonObject Good() => new()
    {
        ["transport"] = "tcp",
        ["ip"] = "127.0.0.1",
        ["shell_port"] = 5001,
        ["control_port"] = 5002,
        ["iopub_port"] = 5003,
        ["stdin_port"] = 5004,
        ["hb_port"] = 5005,
        ["key"] = "secret",
        ["signature_scheme"] = "hmac-sha256",
        ["kernel_name"] = "lab-csharp",
    };
}
