using System.Buffers.Binary;
using System.IO.Compression;
using SkiaSharp;

namespace Lab.Kernel.Publishing;

/// <summary>
/// PNG files for keeping. A browser writes them fast instead of small; a chart has few colours besides the shades at its
/// edges, so a palette of 40 shows it as well in less than half of the bytes.
/// </summary>
/// <remarks>Source: PNG specification, third edition, sections 5 and 11.</remarks>
internal static class IndexedPng
{
    private const int MostColours = 40;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>The picture with a palette; as it is where something shines through or a palette does not make it smaller.</summary>
    /// <exception cref="PublicationException">It is no PNG.</exception>
    public static byte[] Of(byte[] png)
    {
        using var data = SKData.CreateCopy(png);
        using var codec = SKCodec.Create(data) ?? throw new PublicationException("A script was asked for a PNG and gave something else.");
        using var bitmap = SKBitmap.Decode(codec);
        var pixels = bitmap.Pixels;
        if (pixels.Any(pixel => pixel.Alpha < byte.MaxValue)) return png;

        var colours = pixels.CountBy(pixel => pixel).OrderByDescending(colour => colour.Value).ThenBy(colour => (uint)colour.Key).ToArray();
        var (palette, nearest) = Palette(colours);
        var index = colours.Zip(nearest).ToDictionary(colour => colour.First.Key, colour => colour.Second);
        var file = Write(bitmap.Width, bitmap.Height, palette, pixels.Select(pixel => index[pixel]));
        return file.Length < png.Length ? file : png;
    }

    // Greedily: the next colour is the one that loses most so far, by its pixels and its distance to the nearest that is there.
    private static (SKColor[] Palette, byte[] Nearest) Palette(KeyValuePair<SKColor, int>[] colours)
    {
        var (palette, nearest, distances) = (new SKColor[Math.Min(MostColours, colours.Length)], new byte[colours.Length], new int[colours.Length]);
        Array.Fill(distances, int.MaxValue);
        for (var k = 0; k < palette.Length; k++)
        {
            palette[k] = colours[Enumerable.Range(0, colours.Length).MaxBy(i => (long)colours[i].Value * distances[i])].Key;
            for (var i = 0; i < colours.Length; i++)
                if (Distance(colours[i].Key, palette[k]) is var distance && distance < distances[i]) (distances[i], nearest[i]) = (distance, (byte)k);
        }
        return (palette, nearest);
    }

    private static int Distance(SKColor a, SKColor b)
    {
        return Square(a.Red - b.Red) + Square(a.Green - b.Green) + Square(a.Blue - b.Blue);

        static int Square(int x) => x * x;
    }

    private static byte[] Write(int width, int height, SKColor[] palette, IEnumerable<byte> pixels)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 3); // bits of an index, colours by index
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "PLTE"u8, [.. palette.SelectMany(colour => new[] { colour.Red, colour.Green, colour.Blue })]);
        using var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.SmallestSize, leaveOpen: true))
            foreach (var row in pixels.Chunk(width)) zlib.Write([0, .. row]); // 0: no filter
        Chunk(file, "IDAT"u8, rows.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. type, .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB88320;
        }
        return ~crc;
    }
}
