using System.Security.Cryptography;
using System.Text;

namespace Lab.Runtime;

/// <summary>What code a result was made by. The assembly carries its own sources, so their hash is the version that cannot be forgotten.</summary>
internal static class SourceHash
{
    /// <summary>SHA-256, in hexadecimal digits, of the sources below some folders of the library.</summary>
    /// <param name="folders">E.g. <c>Nn</c>.</param>
    public static string Of(params string[] folders)
    {
        var assembly = typeof(SourceHash).Assembly;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var names = assembly.GetManifestResourceNames().Where(name => folders.Any(folder => name.StartsWith($"source/{folder}/", StringComparison.Ordinal)));
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(SHA256.HashData(stream));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
