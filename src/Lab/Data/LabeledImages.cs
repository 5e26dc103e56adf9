using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>Pictures with one class each, or one per pixel, as stored: bytes, in a fixed order.</summary>
public sealed class LabeledImages : IDisposable
{
    /// <param name="images">[N, C, H, W] uint8; owned by this object from now on.</param>
    /// <param name="labels">[N] int64, or [N, H, W] uint8 for a class per pixel, 0 .. K-1; owned by this object from now on.</param>
    /// <param name="classNames">K names.</param>
    /// <param name="source">Where the pictures come from, for people.</param>
    /// <exception cref="ArgumentException">Another type or shape, or a label outside the names.</exception>
    public LabeledImages(Tensor images, Tensor labels, IReadOnlyList<string> classNames, string source)
    {
        if (images.dtype != ScalarType.Byte || images.dim() != 4)
            throw new ArgumentException($"Images are [N, C, H, W] uint8, got {images.dtype} [{string.Join(", ", images.shape)}].", nameof(images));
        long[] perPixel = [images.shape[0], images.shape[2], images.shape[3]];
        if (!(labels.dtype == ScalarType.Int64 && labels.shape.SequenceEqual(perPixel[..1])) && !(labels.dtype == ScalarType.Byte && labels.shape.SequenceEqual(perPixel)))
            throw new ArgumentException($"{images.shape[0]} images need [{images.shape[0]}] int64 labels, or [{string.Join(", ", perPixel)}] uint8 for a class per pixel, got {labels.dtype} [{string.Join(", ", labels.shape)}].", nameof(labels));
        var (low, high) = labels.numel() > 0 ? (Number(labels.min()), Number(labels.max())) : (0, 0);
        if (low < 0 || high >= classNames.Count) throw new ArgumentException($"Labels are 0 .. {classNames.Count - 1}, got {low} .. {high}.", nameof(labels));
        (Images, Labels) = (images.DetachFromDisposeScope(), labels.DetachFromDisposeScope());
        (ClassNames, Source) = (classNames, source);
    }

    /// <summary>[N, C, H, W] uint8.</summary>
    public Tensor Images { get; }

    /// <summary>[N] int64 classes, or [N, H, W] uint8.</summary>
    public Tensor Labels { get; }

    /// <summary>Names by class.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Where the pictures come from, for people.</summary>
    public string Source { get; }

    /// <summary>Pictures.</summary>
    public int Count => (int)Images.shape[0];

    /// <summary>
    /// A random subset with classes as equal as the data allow: the classes are asked in turn, and one that has no
    /// picture left is passed over. The smaller of two subsets of one seed is the beginning of the larger.
    /// </summary>
    /// <returns>A copy, to be disposed on its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than there are.</exception>
    /// <exception cref="InvalidOperationException">A class per pixel: nothing can be equal then.</exception>
    public LabeledImages Take(int count, long seed)
    {
        if (count < 1 || count > Count)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A subset has 1 .. {Count} of the {Count} pictures.");

        if (Labels.dim() != 1) throw new InvalidOperationException("A subset with equal classes needs one class per picture.");
        using var index = tensor(BalancedOrder(seed).Take(count).ToArray());
        return new(Images.index_select(0, index), Labels.index_select(0, index), ClassNames, $"{count} of {Source}");
    }

    /// <summary>All pictures once, in order, for evaluation; the last batch may be smaller.</summary>
    /// <param name="batchSize">Pictures in a batch, at least 1.</param>
    /// <param name="normalization">Applied to pixels in [0, 1].</param>
    /// <param name="device">Where the batches go; the CPU when null.</param>
    public IEnumerable<ImageBatch> InOrder(int batchSize, Normalization normalization, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Batches();

        IEnumerable<ImageBatch> Batches()
        {
            for (long start = 0; start < Count; start += batchSize)
            {
                var length = Math.Min(batchSize, Count - start);
                yield return Normalized(Images.narrow(0, start, length), Labels.narrow(0, start, length), normalization, device);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }

    private static long Number(Tensor one)
    {
        using (one)
        using (var number = one.to(ScalarType.Int64, copy: true)) return number.item<long>();
    }

    private static ImageBatch Normalized(Tensor images, Tensor labels, Normalization normalization, Device? device)
    {
        using (images)
        using (labels)
        {
            using var scope = NewDisposeScope();
            var unit = images.to(device ?? CPU).to(ScalarType.Float32) / 255;
            return new ImageBatch(normalization.Apply(unit).MoveToOuterDisposeScope(), labels.to(device ?? CPU).to(ScalarType.Int64, copy: true).MoveToOuterDisposeScope());
        }
    }

    private IEnumerable<long> BalancedOrder(long seed)
    {
        var byClass = Labels.data<long>().Select((label, i) => (label, i: (long)i)).GroupBy(x => x.label, x => x.i).OrderBy(g => g.Key)
            .Select(g => g.ToArray()).ToArray();
        for (var k = 0; k < byClass.Length; k++) new CounterRandom(seed, k).Shuffle<long>(byClass[k]);

        for (var turn = 0; byClass.Any(members => turn < members.Length); turn++)
            foreach (var members in byClass)
                if (turn < members.Length) yield return members[turn];
    }
}

/// <summary>A data set's official split.</summary>
/// <param name="Train">For training.</param>
/// <param name="Test">For evaluation only.</param>
public sealed record ImageSplits(LabeledImages Train, LabeledImages Test) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Test.Dispose();
    }
}
