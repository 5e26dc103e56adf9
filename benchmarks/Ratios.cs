using System.Globalization;
using static TorchSharp.torch;

namespace Lab.Benchmarks;

/// <summary>Ratios for the standing table: lines in the file that <c>RATIOS</c> names; none where it names none.</summary>
internal static class Ratios
{
    /// <param name="area">What is compared, e.g. <c>quantizer</c>.</param>
    /// <param name="what">The case.</param>
    /// <param name="peer">Compared with what.</param>
    /// <param name="device">Where both ran.</param>
    /// <param name="ratio">Our time over the peer's: below 1 is faster.</param>
    public static void Add(string area, string what, string peer, Device device, double ratio)
    {
        if (Environment.GetEnvironmentVariable("RATIOS") is { Length: > 0 } file)
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"{area}\t{what}\t{peer}\t{device.type.ToString().ToLowerInvariant()}\t{ratio:G4}\n"));
    }
}
