using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Lab.Data.Readers;

/// <summary>A picture file at <c>split/class/name</c>.</summary>
internal sealed record ImageFile(string Split, string Class, string Path, Func<byte[]> Read);

/// <summary>The picture files of a folder or a zip, in the order of their paths.</summary>
internal sealed class ImageArchive : IDisposable
{
    private readonly ZipArchive? zip;

    /// <exception cref="DataFormatException">A damaged zip.</exception>
    public ImageArchive(string path)
    {
        if (Directory.Exists(path))
        {
            var files = new DirectoryInfo(path).GetFiles("*", SearchOption.AllDirectories);
            Files = Pictures(files, f => System.IO.Path.GetRelativePath(path, f.FullName).Replace('\\', '/'), f => () => File.ReadAllBytes(f.FullName));
            var listing = string.Join('\n', files.Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}").Order(StringComparer.Ordinal));
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(listing)));
            return;
        }

        try
        {
            zip = ZipFile.OpenRead(path);
        }
        catch (InvalidDataException exception)
        {
            throw new DataFormatException(path, $"is no zip or is cut short: {exception.Message}", exception);
        }

        Files = Pictures(zip.Entries, e => e.FullName, e => () => Unzip(e));
        using var stream = File.OpenRead(path);
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    public IReadOnlyList<ImageFile> Files { get; }

    /// <summary>Changes when the content does: the checksum of a zip, or of the names, sizes and times of a folder's files.</summary>
    public string Fingerprint { get; }

    public void Dispose() => zip?.Dispose();

    private static ImageFile[] Pictures<T>(IEnumerable<T> entries, Func<T, string> path, Func<T, Func<byte[]>> read) =>
        (from entry in entries
         let parts = path(entry).Split('/')
         where parts.Length == 3 && System.IO.Path.GetExtension(parts[2]).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png"
         select new ImageFile(parts[0], parts[1], path(entry), read(entry))).OrderBy(f => f.Path, StringComparer.Ordinal).ToArray();

    private static byte[] Unzip(ZipArchiveEntry entry)
    {
        var bytes = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }
}
