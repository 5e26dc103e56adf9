using System.Runtime.ExceptionServices;
using SkiaSharp;
using static TorchSharp.torch;

namespace Lab.Data.Readers;

/// <summary>
/// Pictures as <c>train/class/*.jpg</c> and <c>test/class/*.jpg</c> (or <c>.png</c>), in a folder or a zip. All have one
/// size. Classes are numbered in the order of their names.
/// </summary>
internal static class ImageFolder
{
    /// <summary>Decodes once; a later call with the same content finds the pixels in the cache.</summary>
    /// <exception cref="DataFormatException">No pictures, pictures of several sizes, or a damaged file.</exception>
    public static ImageSplits Read(string path, string cacheFolder)
    {
        using var archive = new ImageArchive(path);
        var classNames = archive.Files.Select(f => f.Class).Distinct().Order(StringComparer.Ordinal).ToArray();
        var train = Split("train");
        try
        {
            return new(train, Split("test"));
        }
        catch
        {
            train.Dispose();
            throw;
        }

        LabeledImages Split(string split)
        {
            var files = archive.Files.Where(f => f.Split == split).ToArray();
            if (files.Length == 0) throw new DataFormatException(path, $"holds no pictures at {split}/<class>/*.jpg or *.png.");
            var cache = new PixelCache(Path.Combine(cacheFolder, $"{Path.GetFileNameWithoutExtension(path)}-{split}-{archive.Fingerprint[..16]}.safetensors"));
            return cache.GetOrDecode(() => Decode(path, files, classNames), classNames, $"{split} pictures of {Path.GetFileName(path)}");
        }
    }

    private static (Tensor Images, Tensor Labels) Decode(string path, ImageFile[] files, string[] classNames)
    {
        var size = DecodeOne(path, files[0].Path, files[0].Read()).Size;
        var bytes = 3 * size.Width * size.Height;
        if ((long)files.Length * bytes > Array.MaxLength)
            throw new DataFormatException(path, $"{files.Length:N0} pictures of {size.Width}x{size.Height} take more than the 2 GiB that are decoded into memory.");

        var pixels = new byte[files.Length * bytes];
        try
        {
            // The enumeration, and so the reading of the zip, is serial; the decoding runs on all cores.
            Parallel.ForEach(files.Select((file, i) => (i, file.Path, Content: file.Read())), entry =>
            {
                var (interleaved, its) = DecodeOne(path, entry.Path, entry.Content);
                if (its != size)
                    throw new DataFormatException($"{path}/{entry.Path}", $"is {its.Width}x{its.Height}, expected {size.Width}x{size.Height} as the first picture.");
                ToPlanes(interleaved, pixels.AsSpan(entry.i * bytes, bytes));
            });
        }
        catch (AggregateException all) when (all.InnerExceptions.OfType<DataFormatException>().FirstOrDefault() is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        var labels = files.Select(f => (long)Array.IndexOf(classNames, f.Class)).ToArray();
        return (tensor(pixels, [files.Length, 3, size.Height, size.Width]), tensor(labels));
    }

    private static (byte[] Rgba, SKSizeI Size) DecodeOne(string path, string name, byte[] content)
    {
        using var data = SKData.CreateCopy(content);
        using var codec = SKCodec.Create(data) ?? throw new DataFormatException($"{path}/{name}", "is no picture that can be decoded.");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        return result == SKCodecResult.Success ? (bitmap.Bytes, info.Size)
            : throw new DataFormatException($"{path}/{name}", $"is damaged or cut short ({result}).");
    }

    private static void ToPlanes(ReadOnlySpan<byte> rgba, Span<byte> planes)
    {
        var area = rgba.Length / 4;
        for (var i = 0; i < area; i++)
            (planes[i], planes[area + i], planes[2 * area + i]) = (rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]);
    }
}
