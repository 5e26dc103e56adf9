using System.Runtime.InteropServices;
using Lab.Kernel.Session;
using NetMQ;

namespace Lab.Kernel.Jupyter;

/// <summary>A process that is a Jupyter kernel.</summary>
public static class JupyterKernel
{
    /// <summary>Serves the front end that wrote the connection file, until it asks to stop or ends itself.</summary>
    /// <param name="connectionFile">Path of the JSON file with ports and key.</param>
    /// <param name="options">What the session starts with.</param>
    /// <param name="cancellation">Ends the kernel.</param>
    /// <exception cref="ConnectionException">The file is no connection file, or its ports are taken.</exception>
    public static async Task RunAsync(string connectionFile, SessionOptions options, CancellationToken cancellation)
    {
        using var native = NativeOutput.Start();
        var server = new KernelServer(ConnectionFile.Read(connectionFile), options, new History(History.UserPath), native);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation); // never disposed: the front end may end when the kernel has
        FrontEndProcess.Watch(ended: stop.Cancel, server.Interrupt);
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true; // an interrupt stops a cell, never the kernel
            server.Interrupt();
        });
        _ = server.WarmUpAsync();
        await server.RunAsync(stop.Token).ConfigureAwait(false);
        NetMQConfig.Cleanup(block: true); // waits until the last answers have left
    }
}
