using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Lab.Data.Readers;

/// <summary>Fashion-MNIST from its four IDX files, in the layout of CIFAR-10: padded with black to 32x32, three equal channels.</summary>
internal static class FashionMnist
{
    private static readonly string[] classNames =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <exception cref="DataFormatException">A file is missing or damaged, or the files do not belong together.</exception>
    public static ImageSplits Read(string folder)
    {
        var train = Read(folder, "train", "train");
        try
        {
            return new(train, Read(folder, "t10k", "test"));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    private static LabeledImages Read(string folder, string prefix, string split)
    {
        var (pixels, shape) = Idx.Read(folder, $"{prefix}-images-idx3-ubyte", 3);
        var (classes, count) = Idx.Read(folder, $"{prefix}-labels-idx1-ubyte", 1);
        if (shape[1] != 28 || shape[2] != 28)
            throw new DataFormatException(folder, $"{prefix}-images has pictures of {shape[1]}x{shape[2]}, expected 28x28.");
        if (count[0] != shape[0])
            throw new DataFormatException(folder, $"{prefix}-images has {shape[0]} pictures, {prefix}-labels {count[0]} labels.");
        if (classes.Any(c => c > 9))
            throw new DataFormatException(folder, $"{prefix}-labels has the label {classes.Max()}, expected 0 .. 9.");

        using var small = tensor(pixels, [shape[0], 1, 28, 28]);
        using var padded = pad(small, [2, 2, 2, 2]);
        return new(padded.repeat(1, 3, 1, 1), tensor(classes.Select(c => (long)c).ToArray()), classNames, $"Fashion-MNIST {split}");
    }
}
