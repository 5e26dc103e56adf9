using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// The memory of the machine's NVIDIA devices, by the driver's own library: it is there wherever such a device can be used,
/// and asking it wakes no device and takes no memory there.
/// </summary>
/// <remarks>Source: NVML API reference, "Device Queries".</remarks>
internal sealed class GpuMemory
{
    private const int success = 0, longestName = 96;

    private readonly nint handle;
    private readonly CountDevices? count;
    private readonly FindDevice? find;
    private readonly NameDevice? name;
    private readonly ReadMemory? read;

    /// <param name="library">Path of the driver's library; null finds it where the system does.</param>
    public GpuMemory(string? library = null)
    {
        if (!NativeLibrary.TryLoad(library ?? (OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1"), out handle)) return;
        if (Function<Start>("nvmlInit_v2")() != success) return; // a driver without a device
        count = Function<CountDevices>("nvmlDeviceGetCount_v2");
        find = Function<FindDevice>("nvmlDeviceGetHandleByIndex_v2");
        name = Function<NameDevice>("nvmlDeviceGetName");
        read = Function<ReadMemory>("nvmlDeviceGetMemoryInfo");
    }

    private delegate int Start();

    private delegate int CountDevices(out uint count);

    private delegate int FindDevice(uint index, out nint device);

    private delegate int NameDevice(nint device, byte[] name, uint length);

    private delegate int ReadMemory(nint device, out Memory memory);

    /// <summary>Each device's name and its memory in bytes, used by whatever process; empty where there is no device.</summary>
    public JsonArray Now()
    {
        var devices = new JsonArray();
        if (count is null || count(out var found) != success) return devices;
        for (var i = 0u; i < found; i++)
        {
            var text = new byte[longestName];
            if (find!(i, out var device) != success || name!(device, text, longestName) != success || read!(device, out var memory) != success) continue;
            devices.Add((JsonNode)new JsonObject
            {
                ["name"] = Encoding.UTF8.GetString(text, 0, Array.IndexOf(text, (byte)0)),
                ["total"] = memory.Total,
                ["used"] = memory.Used,
                ["free"] = memory.Free,
            });
        }

        return devices;
    }

    private T Function<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(handle, name));

    // nvmlMemory_t
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Memory(ulong Total, ulong Free, ulong Used);
}
