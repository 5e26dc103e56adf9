using System.Buffers.Binary;
using System.IO.Compression;

namespace Lab.Data.Readers;

/// <summary>
/// MNIST's file format: two zero bytes, type 8 (unsigned byte), the number of dimensions, each dimension as a
/// big-endian 32-bit number, then the values. Files that end in <c>.gz</c> are unpacked while reading.
/// </summary>
/// <remarks>Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".</remarks>
internal static class Idx
{
    /// <summary>Reads <paramref name="name"/>, or <paramref name="name"/><c>.gz</c> if only that is there.</summary>
    /// <exception cref="DataFormatException">Missing, damaged, of another type or another number of dimensions, too short or too long.</exception>
    public static (byte[] Values, int[] Shape) Read(string folder, string name, int dimensions)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) path += ".gz";
        if (!File.Exists(path)) throw new DataFormatException(path, $"neither this file nor {name} is there.");

        var bytes = Unpack(path);
        var header = 4 + 4 * dimensions;
        if (bytes.Length < header || BinaryPrimitives.ReadInt32BigEndian(bytes) != 0x0800 + dimensions)
            throw new DataFormatException(path, $"is no IDX file of bytes in {dimensions} dimensions: expected it to begin with 00 00 08 {dimensions:X2}, found {Convert.ToHexString(bytes.AsSpan(0, Math.Min(4, bytes.Length)))}.");

        var shape = new int[dimensions];
        long expected = header, count = 1;
        for (var i = 0; i < dimensions; i++)
        {
            shape[i] = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 + 4 * i));
            count = shape[i] < 0 || count > int.MaxValue ? long.MaxValue : count * shape[i];
        }

        expected += Math.Min(count, int.MaxValue);
        if (bytes.Length != expected)
            throw new DataFormatException(path, $"has {bytes.Length:N0} bytes unpacked, expected {expected:N0} for [{string.Join(", ", shape)}].");
        return (bytes[header..], shape);
    }

    private static byte[] Unpack(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal)) return File.ReadAllBytes(path);
        using var file = File.OpenRead(path);
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        try
        {
            gzip.CopyTo(unpacked);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new DataFormatException(path, $"the gzip stream of {file.Length:N0} bytes is damaged or cut short: {exception.Message}", exception);
        }

        return unpacked.ToArray();
    }
}
