using System.Net;
using System.Net.Sockets;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class IpcRelayTests
{
    [Fact]
    public async Task Bytes_pass_both_ways_and_the_file_goes_with_the_relay()
    {
        var path = Path.Combine(Path.GetTempPath(), $"lab-{Guid.NewGuid():N}");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using (new IpcRelay(path, ((IPEndPoint)listener.LocalEndpoint).Port))
        {
            using var outside = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await outside.ConnectAsync(new UnixDomainSocketEndPoint(path));
            using var inside = await listener.AcceptSocketAsync();
            await outside.SendAsync(new byte[] { 1, 2, 3 });
            var buffer = new byte[8];
            Assert.Equal(3, await inside.ReceiveAsync(buffer));
            await inside.SendAsync(new byte[] { 9 });
            Assert.Equal(1, await outside.ReceiveAsync(buffer));
            Assert.Equal(9, buffer[0]);
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_path_that_is_taken_is_named()
    {
        var folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        var file = new ConnectionFile(true, folder, 1, 2, 3, 4, 5, [], System.Security.Cryptography.HashAlgorithmName.SHA256);
        File.WriteAllText($"{folder}-1", "");
        try
        {
            Assert.Contains($"{folder}-1", Assert.Throws<ConnectionException>(() => new KernelServer(file, new(), new History(null))).Message);
        }
        finally
        {
            File.Delete($"{folder}-1");
        }
    }
}
