using System.Formats.Tar;
using System.IO.Compression;
using Lab.Runtime;

namespace Lab.Data.Catalogue;

/// <summary>A data set on this machine.</summary>
/// <param name="Path">A folder or a file.</param>
/// <param name="Format">How it lies there.</param>
public sealed record DatasetLocation(string Path, DatasetFormat Format);

/// <summary>
/// Finds data sets: first in the folder that <c>LAB_DATA</c> names, then in the user's cache, then at their official
/// address, from which they are downloaded into the cache.
/// </summary>
public sealed class DatasetStore
{
    private readonly IReadOnlyList<DatasetEntry> catalogue;
    private readonly string? dataFolder;
    private readonly string cacheFolder;

    internal DatasetStore(IReadOnlyList<DatasetEntry> catalogue, string? dataFolder, string cacheFolder) =>
        (this.catalogue, this.dataFolder, this.cacheFolder) = (catalogue, dataFolder, cacheFolder);

    /// <summary>The store of this process: <c>LAB_DATA</c>, and <c>datasets</c> in <see cref="LabCache.Folder"/>.</summary>
    public static DatasetStore FromEnvironment()
    {
        var data = Environment.GetEnvironmentVariable("LAB_DATA");
        return new(DatasetEntry.All, string.IsNullOrEmpty(data) ? null : Path.GetFullPath(data), Path.Combine(LabCache.Folder, "datasets"));
    }

    /// <summary>Where a data set lies, without downloading anything; null if it is not here.</summary>
    /// <param name="name">As in the catalogue, e.g. <c>cifar10</c>.</param>
    /// <exception cref="ArgumentException">The catalogue has no such name.</exception>
    public DatasetLocation? Find(string name)
    {
        var entry = Entry(name);
        return dataFolder is null ? FindIn(cacheFolder, entry) : FindIn(dataFolder, entry) ?? FindIn(cacheFolder, entry);
    }

    /// <summary>Where a data set lies, after downloading it if need be.</summary>
    /// <param name="name">As in the catalogue, e.g. <c>cifar10</c>.</param>
    /// <param name="progress">Told about every piece that arrives.</param>
    /// <param name="cancellation">Stops a download; what has arrived is kept for the next attempt.</param>
    /// <exception cref="ArgumentException">The catalogue has no such name.</exception>
    /// <exception cref="DatasetUnavailableException">Neither here nor to be had; says what was tried and what to do.</exception>
    /// <exception cref="ChecksumException">The file is not the catalogue's.</exception>
    public DatasetLocation Resolve(string name, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (Find(name) is { } found) return found;

        var entry = Entry(name);
        try
        {
            // Off the caller's synchronisation context: a notebook's cell may block here.
            Task.Run(() => InstallAsync(entry, progress, cancellation), cancellation).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException or UnauthorizedAccessException)
        {
            throw new DatasetUnavailableException(Advice(entry, exception), exception);
        }

        return FindIn(cacheFolder, entry) ?? throw new DatasetUnavailableException(
            $"{name} was downloaded into {cacheFolder}, but the archive does not hold the folder {entry.Folder}.");
    }

    private DatasetEntry Entry(string name) => catalogue.FirstOrDefault(e => e.Name == name)
        ?? throw new ArgumentException($"'{name}' is not in the catalogue. Known are {string.Join(", ", catalogue.Select(e => e.Name))}.", nameof(name));

    private static DatasetLocation? FindIn(string root, DatasetEntry entry) => entry.Layouts
        .Select(layout => new DatasetLocation(Path.Combine(root, layout.Path), layout.Format))
        .FirstOrDefault(location => Path.Exists(location.Path));

    // Everything is gathered beside the final folder, which appears whole, by one renaming, or not at all.
    private async Task InstallAsync(DatasetEntry entry, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var staging = Path.Combine(cacheFolder, entry.Folder + ".incoming");
        Directory.CreateDirectory(staging);
        foreach (var file in entry.Files)
        {
            await new FileDownload(file, staging).RunAsync(progress, cancellation);
            if (file.Name.EndsWith(".tar.gz", StringComparison.Ordinal)) await UnpackAsync(Path.Combine(staging, file.Name), cancellation);
        }

        var unpacked = Path.Combine(staging, entry.Folder); // archives hold the folder itself
        Directory.Move(Directory.Exists(unpacked) ? unpacked : staging, Path.Combine(cacheFolder, entry.Folder));
        if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
    }

    private static async Task UnpackAsync(string archive, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(archive);
        await using var tar = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(tar, Path.GetDirectoryName(archive)!, overwriteFiles: true, cancellation);
    }

    private string Advice(DatasetEntry entry, Exception failure)
    {
        var wanted = string.Join(" or ", entry.Layouts.Select(l => l.Path));
        return $"""
            {entry.Name} is not on this machine and could not be downloaded.
            Looked for {wanted} in {(dataFolder is null ? "no data folder (LAB_DATA is not set)" : $"{dataFolder} (LAB_DATA)")} and in {cacheFolder} (the cache, moved by LAB_CACHE).
            Downloading {string.Join(" ", entry.Files.Select(f => f.Url))} failed: {failure.Message} What has arrived is kept and taken up by the next attempt.
            What to do: fetch the file where there is a network, {(entry.Files[0].Name.EndsWith(".tar.gz", StringComparison.Ordinal) ? "unpack it" : $"put it into a folder {entry.Folder}")}, and set LAB_DATA to the folder that holds {entry.Folder}.
            """;
    }
}
