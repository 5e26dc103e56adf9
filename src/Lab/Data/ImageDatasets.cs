using Lab.Data.Catalogue;
using Lab.Data.Readers;
using Lab.Runtime;

namespace Lab.Data;

/// <summary>The real data sets, from whichever layout is at hand (see <see cref="DatasetStore"/>).</summary>
public static class ImageDatasets
{
    /// <summary>CIFAR-10: 50,000 and 10,000 colour pictures of 32x32 in 10 classes.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download; what has arrived is kept.</param>
    /// <exception cref="DatasetUnavailableException">Neither here nor to be had; says what was tried and what to do.</exception>
    /// <exception cref="ChecksumException">The download is not the official file.</exception>
    /// <exception cref="DataFormatException">A file is damaged; names it, with expected and real size.</exception>
    public static ImageSplits Cifar10(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var location = DatasetStore.FromEnvironment().Resolve("cifar10", progress, cancellation);
        if (location.Format == DatasetFormat.CifarBinary) return CifarBinary.Read(location.Path);

        var splits = ImageFolder.Read(location.Path, Path.Combine(LabCache.Folder, "pixels"));
        if (splits.Train.ClassNames.SequenceEqual(CifarBinary.ClassNames)) return splits;
        splits.Dispose();
        throw new DataFormatException(location.Path,
            $"has the classes {string.Join(", ", splits.Train.ClassNames)}; expected {string.Join(", ", CifarBinary.ClassNames)}.");
    }

    /// <summary>Fashion-MNIST: 60,000 and 10,000 pictures in 10 classes, padded from 28x28 to 32x32, three equal channels.</summary>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download; what has arrived is kept.</param>
    /// <exception cref="DatasetUnavailableException">Neither here nor to be had; says what was tried and what to do.</exception>
    /// <exception cref="ChecksumException">A download is not the official file.</exception>
    /// <exception cref="DataFormatException">A file is damaged; names it, with expected and real size.</exception>
    public static ImageSplits FashionMnist(IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        Readers.FashionMnist.Read(DatasetStore.FromEnvironment().Resolve("fashion-mnist", progress, cancellation).Path);
}
