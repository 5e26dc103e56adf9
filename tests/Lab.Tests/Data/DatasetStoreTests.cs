using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Lab.Data;
using Lab.Data.Catalogue;

namespace Lab.Tests.Data;

public sealed class DatasetStoreTests : IDisposable
{
    private static readonly byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 + i / 251))];

    private readonly TemporaryFolder cache = new();
    private readonly FileServer server = new(content);

    public void Dispose()
    {
        server.Dispose();
        cache.Dispose();
    }

    [Fact]
    public void The_catalogue_is_complete()
    {
        Assert.Equal(["cifar10", "fashion-mnist"], DatasetEntry.All.Select(e => e.Name));
        Assert.All(DatasetEntry.All, entry =>
        {
            Assert.Contains(entry.Folder, entry.Layouts.Select(l => l.Path));
            Assert.All([entry.Title, entry.Source, entry.Licence], text => Assert.NotEmpty(text));
            Assert.All(entry.Files, file =>
            {
                Assert.Equal("https", file.Url.Scheme);
                Assert.Matches("^[0-9a-f]{64}$", file.Sha256);
                Assert.True(file.Bytes > 0);
            });
        });
    }

    [Fact]
    public void The_data_folder_comes_before_the_cache_and_both_before_the_network()
    {
        using var data = new TemporaryFolder();
        var store = new DatasetStore([Entry()], data.Path, cache.Path);
        Directory.CreateDirectory(cache["numbers"]);
        Assert.Equal(cache["numbers"], store.Resolve("numbers").Path);
        File.WriteAllText(data["numbers.zip"], "");
        Assert.Equal(new DatasetLocation(data["numbers.zip"], DatasetFormat.ImageFolder), store.Resolve("numbers"));
        Directory.CreateDirectory(data["numbers"]);
        Assert.Equal(new DatasetLocation(data["numbers"], DatasetFormat.Idx), store.Resolve("numbers"));
        Assert.Empty(server.Starts);
    }

    [Fact]
    public void A_download_is_checked_reported_and_moved_into_place()
    {
        var reports = new List<DownloadProgress>();
        var found = Store().Resolve("numbers", new Recorder(reports));
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(found.Path, "numbers.bin")));
        Assert.Equal([cache["numbers"]], Directory.GetFileSystemEntries(cache.Path));
        Assert.Equal(new DownloadProgress("numbers.bin", content.Length, content.Length), reports[^1]);

        Store().Resolve("numbers");
        Assert.Equal([0], server.Starts); // the second time nothing was asked for
    }

    [Fact]
    public void A_broken_connection_is_taken_up_where_it_broke()
    {
        server.BreaksOffAfter = 100_000;
        var found = Store().Resolve("numbers");
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(found.Path, "numbers.bin")));
        Assert.Equal([0, 100_000, 200_000], server.Starts);
    }

    [Fact]
    public void What_an_earlier_process_has_fetched_is_not_fetched_again()
    {
        Part(content[..120_000]);
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(Store().Resolve("numbers").Path, "numbers.bin")));
        Assert.Equal([120_000], server.Starts);
    }

    [Fact]
    public void A_server_without_ranges_is_read_from_the_start()
    {
        Part(content[..120_000]);
        server.KnowsRanges = false;
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(Store().Resolve("numbers").Path, "numbers.bin")));
    }

    [Fact]
    public void A_server_that_fails_costs_nothing_of_what_was_there()
    {
        Part(content[..120_000]);
        server.IsBroken = true;
        var error = Assert.Throws<DatasetUnavailableException>(() => Store().Resolve("numbers"));
        Assert.Contains("503", error.Message);
        Assert.Equal(120_000, new FileInfo(PartPath).Length);

        server.IsBroken = false;
        Store().Resolve("numbers");
        Assert.Equal([120_000, 120_000], server.Starts);
    }

    [Fact]
    public void A_wrong_checksum_is_refused_and_the_next_attempt_starts_anew()
    {
        Part([.. content[..120_000].Select(b => (byte)(b ^ 1))]);
        var error = Assert.Throws<ChecksumException>(() => Store().Resolve("numbers"));
        Assert.Contains(Sha256(content), error.Message);
        Assert.Contains("deleted", error.Message);
        Assert.False(Directory.Exists(cache["numbers"]));

        Store().Resolve("numbers");
        Assert.Equal([120_000, 0], server.Starts);
    }

    [Fact]
    public void A_cancelled_download_keeps_what_arrived()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder([], _ => cancellation.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() => Store().Resolve("numbers", progress, cancellation.Token));
        Assert.True(new FileInfo(PartPath).Length > 0);
    }

    [Fact]
    public void Without_a_network_the_message_says_what_was_tried_and_what_to_do()
    {
        server.Dispose();
        var error = Assert.Throws<DatasetUnavailableException>(() => Store().Resolve("numbers"));
        Assert.All(["LAB_DATA is not set", "LAB_CACHE", "numbers or numbers.zip", cache.Path, "127.0.0.1", "put it into a folder numbers, and set LAB_DATA"],
            part => Assert.Contains(part, error.Message));
        Assert.IsType<HttpRequestException>(error.InnerException);
    }

    [Fact]
    public void An_archive_is_unpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "numbers/one.bin") { DataStream = new MemoryStream([1, 2, 3]) });
        using var archives = new FileServer(packed.ToArray());
        var entry = Entry() with { Files = [new(archives.Url("numbers.tar.gz"), packed.Length, Sha256(packed.ToArray()))] };

        var found = new DatasetStore([entry], null, cache.Path).Resolve("numbers");
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(found.Path, "one.bin")));
        Assert.Equal([cache["numbers"]], Directory.GetFileSystemEntries(cache.Path)); // the archive is gone
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones() =>
        Assert.Contains("Known are cifar10, fashion-mnist", Assert.Throws<ArgumentException>(() => DatasetStore.FromEnvironment().Find("imagenet")).Message);

    private string PartPath => Path.Combine(cache["numbers.incoming"], "numbers.bin.part");

    private DatasetStore Store() => new([Entry()], null, cache.Path);

    private DatasetEntry Entry() => new("numbers", "Numbers", "Here", "MIT",
        [new("numbers", DatasetFormat.Idx), new("numbers.zip", DatasetFormat.ImageFolder)], "numbers",
        [new(server.Url("numbers.bin"), content.Length, Sha256(content))]);

    private void Part(byte[] bytes)
    {
        Directory.CreateDirectory(cache["numbers.incoming"]);
        File.WriteAllBytes(PartPath, bytes);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed class Recorder(List<DownloadProgress> reports, Action<DownloadProgress>? then = null) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            reports.Add(value);
            then?.Invoke(value);
        }
    }
}
