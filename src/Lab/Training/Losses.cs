using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Losses that several papers train with.</summary>
public static class Losses
{
    /// <summary>Mean cross entropy against labels mixed with <paramref name="smoothing"/> of the uniform distribution.</summary>
    /// <param name="logits">[B, K], or [B, K, H, W].</param>
    /// <param name="labels">[B] int64 classes, or [B, H, W], or [B, K] class weights that sum to 1 per row (mixup, cutmix).</param>
    /// <param name="smoothing">0 trains on the labels as they are.</param>
    /// <returns>Scalar.</returns>
    /// <remarks>Source: Szegedy et al. 2016, section 7 (arXiv 1512.00567).</remarks>
    /// <exception cref="ArgumentException">Shapes or types that do not fit, or smoothing outside [0, 1).</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels, double smoothing = 0)
    {
        if (smoothing is not (>= 0 and < 1)) throw new ArgumentException($"Label smoothing must lie in [0, 1), got {smoothing}.", nameof(smoothing));
        var classes = labels.dtype == ScalarType.Int64 && logits.dim() is (2 or 4) && labels.shape.SequenceEqual([logits.shape[0], .. logits.shape[2..]]);
        var weights = labels.is_floating_point() && logits.dim() == 2 && labels.shape.SequenceEqual(logits.shape);
        if (!classes && !weights)
            throw new ArgumentException(
                $"Logits [B, K] go with int64 classes [B] or float class weights [B, K], and logits [B, K, H, W] with int64 classes [B, H, W]; got logits [{string.Join(", ", logits.shape)}] and {labels.dtype} labels [{string.Join(", ", labels.shape)}].", nameof(labels));
        return nn.functional.cross_entropy(logits, labels, label_smoothing: smoothing);
    }

    /// <summary>
    /// InfoNCE over a batch: each vector should be nearer to its own target, by cosine, than to the targets of others.
    /// </summary>
    /// <param name="vectors">[B, D].</param>
    /// <param name="targets">[B, D].</param>
    /// <param name="temperature">Cosines are divided by it.</param>
    /// <returns>Scalar; 0 for a batch of 1, ln B where all targets are alike.</returns>
    /// <remarks>Source: van den Oord et al. 2018, equation 4 (arXiv 1807.03748).</remarks>
    /// <exception cref="ArgumentException">Shapes that do not fit, or a temperature that is not positive.</exception>
    public static Tensor InfoNce(Tensor vectors, Tensor targets, double temperature = 1)
    {
        if (vectors.dim() != 2 || !vectors.shape.SequenceEqual(targets.shape))
            throw new ArgumentException($"Vectors and targets are both [B, D], got [{string.Join(", ", vectors.shape)}] and [{string.Join(", ", targets.shape)}].", nameof(targets));
        if (temperature is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The temperature must be positive, got {temperature}.", nameof(temperature));
        using var scope = NewDisposeScope();
        var cosines = nn.functional.normalize(vectors, dim: 1).matmul(nn.functional.normalize(targets, dim: 1).t()); // [B, B]
        return nn.functional.cross_entropy(cosines / temperature, arange(vectors.shape[0], device: vectors.device)).MoveToOuterDisposeScope();
    }
}
