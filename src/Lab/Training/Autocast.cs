using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>
/// While it lives, matrix products and convolutions of this thread compute in bfloat16 on one kind of device; weights,
/// norms and losses stay in float32. bfloat16 has float32's range, so gradients need no scaling.
/// </summary>
/// <remarks>TorchSharp has no autocast, so this calls libtorch's own switches (<c>at::autocast</c>).</remarks>
internal sealed unsafe class Autocast : IDisposable
{
    private const byte BFloat16 = (byte)ScalarType.BFloat16;
    private static readonly Lazy<Switches> switches = new(() => new Switches());

    private readonly byte device;
    private readonly byte previousType;
    private readonly bool previouslyEnabled;

    public Autocast(DeviceType deviceType)
    {
        device = (byte)deviceType;
        previouslyEnabled = switches.Value.IsEnabled(device) != 0;
        previousType = switches.Value.TypeOf(device);
        switches.Value.SetType(device, BFloat16);
        switches.Value.SetEnabled(device, 1);
        switches.Value.Enter();
    }

    public void Dispose()
    {
        // The cache holds bfloat16 copies of weights; they are stale once the weights change.
        if (switches.Value.Leave() == 0) switches.Value.ClearCache();
        switches.Value.SetEnabled(device, previouslyEnabled ? (byte)1 : (byte)0);
        switches.Value.SetType(device, previousType);
    }

    /// <summary>Functions of libtorch_cpu by their C++ names; device and type are one-byte enums, so the C calling convention fits.</summary>
    private sealed class Switches
    {
        public readonly delegate* unmanaged<byte, byte> IsEnabled, TypeOf;
        public readonly delegate* unmanaged<byte, byte, void> SetEnabled, SetType;
        public readonly delegate* unmanaged<int> Enter, Leave;
        public readonly delegate* unmanaged<void> ClearCache;

        public Switches()
        {
            if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException("Autocast needs libtorch for Linux or macOS: turn Autocast off.");
            var library = NativeLibrary.Load(OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so");
            nint Find(string name) => NativeLibrary.GetExport(library, "_ZN2at8autocast" + name);
            IsEnabled = (delegate* unmanaged<byte, byte>)Find("19is_autocast_enabledEN3c1010DeviceTypeE");
            TypeOf = (delegate* unmanaged<byte, byte>)Find("18get_autocast_dtypeEN3c1010DeviceTypeE");
            SetEnabled = (delegate* unmanaged<byte, byte, void>)Find("20set_autocast_enabledEN3c1010DeviceTypeEb");
            SetType = (delegate* unmanaged<byte, byte, void>)Find("18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE");
            Enter = (delegate* unmanaged<int>)Find("17increment_nestingEv");
            Leave = (delegate* unmanaged<int>)Find("17decrement_nestingEv");
            ClearCache = (delegate* unmanaged<void>)Find("11clear_cacheEv");
        }
    }
}
