using System.Net;
using System.Net.Sockets;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Serves the <c>ipc</c> transport, which is ZeroMQ over a Unix domain socket. NetMQ has none, so the socket listens on a
/// loopback port, and what comes through the file of the domain socket is passed on to it and back, byte for byte.
/// </summary>
internal sealed class IpcRelay : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string path;
    private readonly int port;

    /// <param name="path">Of the domain socket.</param>
    /// <param name="port">Where the NetMQ socket listens on the loopback interface.</param>
    /// <exception cref="SocketException">The path is taken, too long or in no folder.</exception>
    public IpcRelay(string path, int port)
    {
        (this.path, this.port) = (path, port);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _ = AcceptAsync();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ConnectAsync(await listener.AcceptAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // closed: the kernel ends
        }
    }

    private async Task ConnectAsync(Socket outside)
    {
        using var inside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (outside)
        {
            try
            {
                await inside.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
                await using var one = new NetworkStream(outside);
                await using var other = new NetworkStream(inside);
                await Task.WhenAny(one.CopyToAsync(other), other.CopyToAsync(one)).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                Console.Error.WriteLine($"A connection to {path} was lost: {e.Message}");
            }
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        File.Delete(path);
    }
}
