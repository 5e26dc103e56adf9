using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// What the process that started the kernel tells through its environment. On Windows, where a process has no parent and no
/// signals, it passes on handles: of itself, and of an event that it sets to interrupt.
/// </summary>
internal static class FrontEndProcess
{
    private const string parent = "JPY_PARENT_PID", interrupt = "JPY_INTERRUPT_EVENT";

    /// <summary>Watches for the end of that process, since nobody can reach a kernel whose front end has died, and for its interrupts.</summary>
    /// <param name="ended">It has ended.</param>
    /// <param name="interrupted">It asks to interrupt, otherwise than by a message or a signal.</param>
    public static void Watch(Action ended, Action interrupted)
    {
        if (Number(parent) is { } process)
        {
            if (OperatingSystem.IsWindows()) OnSignal(process, ended, again: false);
            else _ = WaitForEndAsync((int)process, ended);
        }

        if (OperatingSystem.IsWindows() && Number(interrupt) is { } handle) OnSignal(handle, interrupted, again: true);
    }

    /// <summary>Does something when an object of the system is signalled, as a process is that has ended.</summary>
    /// <param name="handle">Of the object; whoever passed it on owns it.</param>
    /// <param name="signalled">What to do.</param>
    /// <param name="again">Every time, of an event that resets itself.</param>
    internal static void OnSignal(nint handle, Action signalled, bool again)
    {
        var inherited = new Inherited(handle);
        new Thread(() =>
        {
            do
            {
                inherited.WaitOne();
                signalled();
            }
            while (again);
        })
        { Name = "jupyter front end", IsBackground = true }.Start();
    }

    private static async Task WaitForEndAsync(int id, Action ended)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync().ConfigureAwait(false);
            ended();
        }
        catch (ArgumentException)
        {
            Console.Error.WriteLine($"There is no process {id}, which {parent} names; the kernel will not notice the end of its front end.");
        }
    }

    private static nint? Number(string variable) => nint.TryParse(Environment.GetEnvironmentVariable(variable), out var number) && number > 0 ? number : null;

    private sealed class Inherited : WaitHandle
    {
        public Inherited(nint handle) => SafeWaitHandle = new SafeWaitHandle(handle, ownsHandle: false);
    }
}
