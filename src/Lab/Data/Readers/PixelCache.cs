using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Data.Readers;

/// <summary>Decoded pictures in a file whose name says what they were decoded from: reading them back is much faster than decoding.</summary>
internal sealed class PixelCache(string path)
{
    /// <summary>Reads the file; if it is missing or damaged, decodes and writes it.</summary>
    public LabeledImages GetOrDecode(Func<(Tensor Images, Tensor Labels)> decode, string[] classNames, string source)
    {
        if (Load() is { } cached) return new(cached["images"], cached["labels"], classNames, source);

        var (images, labels) = decode();
        var decoded = new LabeledImages(images, labels, classNames, source);
        try
        {
            Save(decoded);
            return decoded;
        }
        catch
        {
            decoded.Dispose();
            throw;
        }
    }

    private SafetensorsFile? Load()
    {
        if (!File.Exists(path)) return null;
        try
        {
            return Safetensors.Load(path);
        }
        catch (SafetensorsException)
        {
            File.Delete(path); // cut short by a full disk or the like: it is only a copy, and is made again
            return null;
        }
    }

    // Under a name of its own first: two processes may decode at once, and the later one's file replaces an equal one.
    private void Save(LabeledImages decoded)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var own = $"{path}.{Guid.NewGuid():N}";
        Safetensors.Save(own, new Dictionary<string, Tensor> { ["images"] = decoded.Images, ["labels"] = decoded.Labels });
        File.Move(own, path, overwrite: true);
    }
}
