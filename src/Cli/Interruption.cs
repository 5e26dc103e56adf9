using System.Runtime.InteropServices;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary>What Ctrl+C and a request to terminate mean while notebooks run: the first stops and saves, the second ends at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration sigint, sigterm;
    private readonly TextWriter error;

    public Interruption(TextWriter error)
    {
        this.error = error;
        sigint = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        sigint.Dispose();
        sigterm.Dispose();
        source.Dispose();
    }

    private void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (source.IsCancellationRequested) Environment.Exit((int)RunStatus.Interrupted); // the workers end when their pipes do

        error.WriteLine("Interrupted: stopping the cells and saving. Once more ends at once.");
        source.Cancel();
    }
}
