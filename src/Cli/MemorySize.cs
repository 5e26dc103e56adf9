using System.Globalization;
using System.Text.RegularExpressions;

namespace Lab.Cli;

/// <summary>Reads sizes such as <c>4G</c>, <c>1.5 GiB</c> or <c>800M</c>; units are powers of 1024.</summary>
internal static partial class MemorySize
{
    /// <exception cref="UsageException">Not such a size, or none above zero.</exception>
    public static long Parse(string text)
    {
        var match = Size().Match(text.Trim());
        var factor = match.Groups[2].Value.ToUpperInvariant() switch { "K" => 1L << 10, "M" => 1L << 20, "G" => 1L << 30, _ => 0 };
        var bytes = match.Success && factor > 0 ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * factor : 0;
        return bytes is >= 1 and < long.MaxValue ? (long)bytes : throw new UsageException($"--memory expects a size such as 4G or 800M, got '{text}'.");
    }

    [GeneratedRegex(@"^(\d+(?:\.\d+)?) ?([KMG])(?:iB|B)?$", RegexOptions.IgnoreCase)]
    private static partial Regex Size();
}
