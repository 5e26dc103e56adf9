using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>How well predicted areas agree with true ones: over all pictures together, a class's common pixels over those of either.</summary>
/// <param name="classes">At least 1.</param>
/// <remarks>Source: Everingham et al. 2015, section 4.2 (PASCAL VOC). Averaging over pictures instead would weigh small areas more.</remarks>
public sealed class IntersectionOverUnion(int classes)
{
    private readonly long[] common = new long[classes], predicted = new long[classes], labelled = new long[classes];

    /// <summary>Adds pictures.</summary>
    /// <param name="prediction">[B, H, W] int64 classes.</param>
    /// <param name="labels">[B, H, W] int64 classes.</param>
    /// <exception cref="ArgumentException">Shapes that differ.</exception>
    public void Add(Tensor prediction, Tensor labels)
    {
        if (!prediction.shape.SequenceEqual(labels.shape)) throw new ArgumentException($"Predictions [{string.Join(", ", prediction.shape)}] and labels [{string.Join(", ", labels.shape)}] differ in shape.", nameof(labels));
        using var scope = NewDisposeScope();
        Count(common, labels[prediction == labels]);
        Count(predicted, prediction.flatten());
        Count(labelled, labels.flatten());
    }

    /// <summary>Per class, in [0, 1]; not a number for a class that is neither predicted nor there.</summary>
    public IReadOnlyList<double> PerClass => [.. common.Select((pixels, k) => pixels / (double)(predicted[k] + labelled[k] - pixels))];

    /// <summary>Mean over the classes that are predicted or there.</summary>
    public double Mean => PerClass.Where(double.IsFinite).Average();

    private static void Count(long[] counts, Tensor values)
    {
        using var counted = bincount(values.cpu(), minlength: counts.Length);
        foreach (var (k, count) in counted.data<long>().ToArray().Index()) counts[k] += count;
    }
}
