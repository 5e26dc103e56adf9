using System.Runtime.InteropServices;
using System.Text;
using Lab.Kernel.Session;
using Microsoft.Win32.SafeHandles;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Brings what native libraries and child processes print into the cell that runs, or ran last: the process's own standard
/// output and error become pipes. On POSIX systems; the console of .NET keeps the descriptors that were there before.
/// </summary>
internal sealed partial class NativeOutput : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);

    private readonly Pipe[] pipes;
    private volatile IOutputSink? sink;

    private NativeOutput()
    {
        // Opened now, on the descriptors as they are: what .NET prints must not come back through the pipes.
        Console.Out.Flush();
        Console.Error.Flush();
        pipes = [new Pipe(1, "stdout", this), new Pipe(2, "stderr", this)];
    }

    /// <returns>Null where the system has no such descriptors.</returns>
    public static NativeOutput? Start() => OperatingSystem.IsWindows() ? null : new();

    /// <summary>From here on it belongs to this cell.</summary>
    public void Enter(IOutputSink cell) => sink = cell;

    /// <summary>Waits until what was printed so far has reached the cell.</summary>
    public void Drain()
    {
        fflush(0); // the C library holds back what goes to a pipe
        foreach (var pipe in pipes) pipe.Drain();
    }

    public void Dispose()
    {
        foreach (var pipe in pipes) pipe.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int fflush(nint stream);

    private sealed partial class Pipe : IDisposable
    {
        private static readonly byte[] mark = [0, .. "lab-drain"u8, 0]; // no text holds a zero byte

        private readonly int descriptor, before;
        private readonly string name;
        private readonly NativeOutput owner;
        private readonly FileStream writing;
        private readonly AutoResetEvent drained = new(false);

        public Pipe(int descriptor, string name, NativeOutput owner)
        {
            (this.descriptor, this.name, this.owner) = (descriptor, name, owner);
            Span<int> ends = stackalloc int[2];
            before = dup(descriptor);
            if (before < 0 || pipe(ends) < 0 || dup2(ends[1], descriptor) < 0)
                throw new IOException($"The output of native code cannot be captured: {Marshal.GetLastPInvokeErrorMessage()}");

            writing = new FileStream(new SafeFileHandle(ends[1], ownsHandle: true), FileAccess.Write, bufferSize: 0);
            var reading = new FileStream(new SafeFileHandle(ends[0], ownsHandle: true), FileAccess.Read, bufferSize: 0);
            new Thread(() => Read(reading)) { Name = $"native {name}", IsBackground = true }.Start();
        }

        public void Drain()
        {
            writing.Write(mark);
            drained.WaitOne(patience); // a child process that prints without end is not waited for
        }

        public void Dispose() => dup2(before, descriptor);

        private void Read(FileStream reading)
        {
            using var console = new FileStream(new SafeFileHandle(before, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            var buffer = new byte[1 << 16];
            var decoder = Encoding.UTF8.GetDecoder();
            var text = new char[buffer.Length + 1];
            var kept = 0; // bytes at the start of the buffer that may become a mark
            for (int count; (count = reading.Read(buffer, kept, buffer.Length - kept)) > 0;)
            {
                var bytes = buffer.AsSpan(0, kept + count);
                for (int at; (at = bytes.IndexOf(mark)) >= 0; bytes = bytes[(at + mark.Length)..])
                {
                    Tell(bytes[..at]);
                    drained.Set();
                }

                for (kept = Math.Min(bytes.Length, mark.Length - 1); !bytes[^kept..].SequenceEqual(mark.AsSpan(0, kept)); kept--) { }
                Tell(bytes[..^kept]);
                bytes[^kept..].CopyTo(buffer);
            }

            void Tell(ReadOnlySpan<byte> bytes)
            {
                if (bytes.IsEmpty) return;
                if (owner.sink is not { } cell) console.Write(bytes); // no cell has run yet
                else if (decoder.GetChars(bytes, text, flush: false) is > 0 and var length) cell.Write(new StreamOutput(name, new string(text, 0, length)));
            }
        }

        [LibraryImport("libc", SetLastError = true)]
        private static partial int pipe(Span<int> ends);

        [LibraryImport("libc", SetLastError = true)]
        private static partial int dup(int descriptor);

        [LibraryImport("libc", SetLastError = true)]
        private static partial int dup2(int from, int to);
    }
}
