using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lab.Tests.Data;

/// <summary>A server on this machine that offers one file and can be told to misbehave.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly byte[] content;

    public FileServer(byte[] content)
    {
        this.content = content;
        listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public Uri Url(string name) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/{name}");

    /// <summary>Starts of the ranges that were asked for; 0 when the whole file was.</summary>
    public List<int> Starts { get; } = [];

    /// <summary>The connection is cut after this many bytes of content.</summary>
    public int BreaksOffAfter { get; set; } = int.MaxValue;

    public bool KnowsRanges { get; set; } = true;

    public bool IsBroken { get; set; }

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return; // disposed: the test is over
            }

            using (client) await AnswerAsync(client.GetStream());
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        var from = 0;
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
            if (line.StartsWith("Range: bytes=", StringComparison.Ordinal)) from = int.Parse(line["Range: bytes=".Length..^1], CultureInfo.InvariantCulture);
        Starts.Add(from);
        if (!KnowsRanges) from = 0;

        var status = IsBroken ? "503 Service Unavailable" : from > 0 ? "206 Partial Content" : "200 OK";
        var body = IsBroken ? [] : content[from..];
        var range = from > 0 && !IsBroken ? $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}\r\n" : "";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\n{range}Connection: close\r\n\r\n"));
        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, BreaksOffAfter)));
    }
}
