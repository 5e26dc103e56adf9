using Lab.Data;
using Lab.Data.Augmentation;
using Lab.Data.Catalogue;
using Lab.Data.Scenes;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>Something that a picture can be classified by.</summary>
/// <param name="Name">E.g. <c>colour</c>.</param>
/// <param name="Classes">How many.</param>
public sealed record LabelHead(string Name, int Classes);

/// <summary>Pictures for tokenizers, and what the feature networks learn to tell about them.</summary>
/// <param name="Name">E.g. <c>shapes32-4096</c>; with the seed it decides the pictures.</param>
/// <param name="Images">Classes are all heads together, the first changing slowest.</param>
/// <param name="Heads">Their numbers of classes multiply to the number of classes.</param>
public sealed record TokenizerData(string Name, ImageSplits Images, IReadOnlyList<LabelHead> Heads) : IDisposable
{
    /// <summary>Of <see cref="Load"/>.</summary>
    internal const int TrainPictures = 4_096, TestPictures = 1_024;

    private static readonly SceneAttribute[] attributes = [SceneAttribute.Shape, SceneAttribute.Colour, SceneAttribute.Size, SceneAttribute.Texture];

    /// <summary>Mirrored pictures are as good, and their classes are the same.</summary>
    internal static IReadOnlyList<IAugmentation> Augmentations { get; } = [new HorizontalFlip()];

    /// <summary>Drawn shapes with their shape, colour, size and ground.</summary>
    /// <param name="shapes">Definition.</param>
    /// <param name="train">Training pictures.</param>
    /// <param name="test">Test pictures.</param>
    /// <param name="seed">Of the training pictures; those of the test have another.</param>
    public static TokenizerData Drawn(Shapes shapes, int train, int test, long seed)
    {
        LabelHead[] heads =
        [
            new("shape", shapes.Kinds.Count), new("colour", shapes.Colours.Count), new("size", Enum.GetValues<SizeBin>().Length), new("ground", shapes.Textures.Count),
        ];
        return new($"shapes{shapes.Size}-{train}-seed{seed}", new(Draw(shapes, heads, train, seed), Draw(shapes, heads, test, seed + Shapes.TestSeedOffset)), heads);
    }

    /// <summary>CIFAR-10 with its classes.</summary>
    /// <param name="test">Test pictures, at most 10,000.</param>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="DatasetUnavailableException">Neither here nor to be had.</exception>
    public static TokenizerData Cifar10(int test, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        Classified("cifar10", ImageDatasets.Cifar10(progress, cancellation), test);

    /// <summary>Fashion-MNIST with its classes, 32x32.</summary>
    /// <param name="test">Test pictures, at most 10,000.</param>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="DatasetUnavailableException">Neither here nor to be had.</exception>
    public static TokenizerData FashionMnist(int test, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        Classified("fashion-mnist", ImageDatasets.FashionMnist(progress, cancellation), test);

    /// <summary>The pictures of an experiment: CIFAR-10, or 4,096 drawn shapes; 1,024 of either to test on.</summary>
    /// <param name="real">CIFAR-10.</param>
    /// <param name="size">Side of drawn pictures in pixels.</param>
    /// <param name="progress">Told about a download, if one is needed.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="DatasetUnavailableException">CIFAR-10 is neither here nor to be had.</exception>
    public static TokenizerData Load(bool real, int size, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) => real
        ? Cifar10(TestPictures, progress, cancellation)
        : Drawn(Shapes.Tokenizer32 with { Size = size }, TrainPictures, TestPictures, seed: 0);

    /// <summary>The class under every head.</summary>
    /// <param name="labels">[B] int64, classes of <see cref="Images"/>.</param>
    /// <returns>One [B] per head.</returns>
    public IReadOnlyList<Tensor> Split(Tensor labels)
    {
        var (parts, rest) = (new Tensor[Heads.Count], labels);
        for (var i = Heads.Count - 1; i >= 0; i--)
        {
            parts[i] = rest.remainder(Heads[i].Classes);
            rest = rest.div(Heads[i].Classes, RoundingMode.floor);
        }
        return parts;
    }

    /// <summary>What generation is conditioned on: the first two heads together (shape and colour), or the only one.</summary>
    public int ConditionCount => ConditionHeads.Aggregate(1, (product, head) => product * head.Classes);

    /// <summary>Heads that make up a condition.</summary>
    public IReadOnlyList<LabelHead> ConditionHeads => [.. Heads.Take(2)];

    /// <summary>The conditions of pictures.</summary>
    /// <param name="labels">[B] int64, classes of <see cref="Images"/>.</param>
    /// <returns>[B] int64, below <see cref="ConditionCount"/>.</returns>
    public Tensor Conditions(Tensor labels)
    {
        using var scope = NewDisposeScope();
        var condition = zeros_like(labels);
        foreach (var (part, head) in Split(labels).Zip(ConditionHeads)) condition = condition * head.Classes + part;
        return condition.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();

    /// <summary>Pictures of one label each; takes over the training pictures and as many test pictures as asked for.</summary>
    internal static TokenizerData Classified(string name, ImageSplits whole, int test)
    {
        using var _ = whole.Test;
        return new(name, new(whole.Train, whole.Test.Take(test, seed: 0)), [new("class", whole.Train.ClassNames.Count)]);
    }

    private static LabeledImages Draw(Shapes shapes, LabelHead[] heads, int count, long seed)
    {
        using var scope = NewDisposeScope();
        using var batch = (shapes with { Range = PixelRange.Unit }).Generate(count, seed);
        var labels = zeros(count, ScalarType.Int64);
        foreach (var (attribute, head) in attributes.Zip(heads)) labels = labels * head.Classes + batch.Labels(attribute);
        string[] names = [.. Enumerable.Range(0, heads.Aggregate(1, (product, head) => product * head.Classes)).Select(i => $"class {i}")];
        return new((batch.Images * 255).round_().to(ScalarType.Byte), labels, names, $"Shapes {shapes.Size}x{shapes.Size}, seed {seed}");
    }
}
