using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>Memory and processor time of the kernel and its machine, as JupyterLab shows them beside the kernel.</summary>
internal sealed class Usage
{
    private readonly Lock turn = new();
    private readonly Lazy<GpuMemory> devices = new(() => new GpuMemory());
    private (long Time, TimeSpan Kernel, (double Busy, double All) Host) last = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime, HostTimes());

    /// <summary>Answers a <c>usage_request</c>; percentages are of the time since the request before.</summary>
    public JsonObject Answer()
    {
        lock (turn)
        {
            using var process = Process.GetCurrentProcess();
            var now = (Time: Stopwatch.GetTimestamp(), Kernel: process.TotalProcessorTime, Host: HostTimes());
            var elapsed = Stopwatch.GetElapsedTime(last.Time, now.Time);
            var kernel = elapsed > TimeSpan.Zero ? 100 * (now.Kernel - last.Kernel) / elapsed : 0;
            var host = now.Host.All > last.Host.All ? 100 * (now.Host.Busy - last.Host.Busy) / (now.Host.All - last.Host.All) : 0;
            last = now;
            return new()
            {
                ["hostname"] = Environment.MachineName,
                ["pid"] = Environment.ProcessId,
                ["kernel_cpu"] = Math.Round(kernel, 1),
                ["kernel_memory"] = process.WorkingSet64,
                ["cpu_count"] = Environment.ProcessorCount,
                ["host_cpu_percent"] = Math.Round(host, 1),
                ["host_virtual_memory"] = HostMemory(),
                ["gpu_memory"] = devices.Value.Now(), // no field of the protocol
            };
        }
    }

    private static JsonObject HostMemory()
    {
        var memory = GC.GetGCMemoryInfo();
        var total = memory.TotalAvailableMemoryBytes;
        var available = total - Math.Min(total, memory.MemoryLoadBytes);
        return new() { ["total"] = total, ["available"] = available, ["used"] = total - available, ["free"] = available, ["percent"] = Math.Round(100.0 * (total - available) / total, 1) };
    }

    // The first line of /proc/stat: user, nice, system, idle, iowait, ... in ticks. Elsewhere it is not told, and stays at zero.
    private static (double Busy, double All) HostTimes()
    {
        const string path = "/proc/stat";
        if (!File.Exists(path)) return (0, 0);
        var ticks = File.ReadLines(path).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        return (ticks.Sum() - ticks[3] - ticks[4], ticks.Sum());
    }
}
