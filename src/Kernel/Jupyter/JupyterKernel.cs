using System.Diagnostics;
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
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ = StopWithParentAsync(stop);
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true; // an interrupt stops a cell, never the kernel
            server.Interrupt();
        });
        _ = server.WarmUpAsync();
        await server.RunAsync(stop.Token).ConfigureAwait(false);
        NetMQConfig.Cleanup(block: true); // waits until the last answers have left
    }

    // Front ends name the process that started the kernel; nobody can reach a kernel whose front end has died.
    private static async Task StopWithParentAsync(CancellationTokenSource stop)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out var id)) return;
        try
        {
            using var parent = Process.GetProcessById(id);
            await parent.WaitForExitAsync(stop.Token).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            Console.Error.WriteLine($"There is no process {id}, which JPY_PARENT_PID names; the kernel will not notice the end of its front end.");
        }
        catch (OperationCanceledException)
        {
            // the kernel ends first
        }
    }
}
