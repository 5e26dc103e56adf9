using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Data.Catalogue;

/// <summary>How a data set lies on disk.</summary>
public enum DatasetFormat
{
    /// <summary>CIFAR-10's official binary batches.</summary>
    CifarBinary,

    /// <summary>A folder or a zip with <c>split/class/*.jpg</c> or <c>*.png</c>.</summary>
    ImageFolder,

    /// <summary>A folder with MNIST's IDX files, compressed with gzip or not.</summary>
    Idx,
}

/// <summary>A place, relative to a data folder, where a data set may lie.</summary>
/// <param name="Path">A folder or a file.</param>
/// <param name="Format">How it lies there.</param>
public sealed record DatasetLayout(string Path, DatasetFormat Format);

/// <summary>A file to download.</summary>
/// <param name="Url">Its official address.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its checksum, 64 lower-case hexadecimal digits.</param>
public sealed record DatasetFile(Uri Url, long Bytes, string Sha256)
{
    /// <summary>The last part of the address.</summary>
    [JsonIgnore]
    public string Name => Path.GetFileName(Url.AbsolutePath);
}

/// <summary>A data set of the catalogue.</summary>
/// <param name="Name">Short, e.g. <c>cifar10</c>.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="Source">Who made it, where it is described.</param>
/// <param name="Licence">Under which terms.</param>
/// <param name="Layouts">Where it may lie in a data folder, best first.</param>
/// <param name="Folder">The folder that a download fills; one of the layouts.</param>
/// <param name="Files">What is downloaded; <c>.tar.gz</c> archives are unpacked.</param>
public sealed record DatasetEntry(
    string Name, string Title, string Source, string Licence,
    IReadOnlyList<DatasetLayout> Layouts, string Folder, IReadOnlyList<DatasetFile> Files)
{
    /// <summary>All known data sets, from <c>data/datasets.json</c>.</summary>
    public static IReadOnlyList<DatasetEntry> All { get; } = Load();

    private sealed record Manifest(IReadOnlyList<DatasetEntry> Datasets);

    private static IReadOnlyList<DatasetEntry> Load()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Converters = { new JsonStringEnumConverter() },
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
        using var stream = typeof(DatasetEntry).Assembly.GetManifestResourceStream("data/datasets.json")!;
        return JsonSerializer.Deserialize<Manifest>(stream, options)!.Datasets;
    }
}
