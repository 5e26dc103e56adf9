using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Losses that several papers train with.</summary>
public static class Losses
{
    /// <summary>Mean cross entropy against labels mixed with <paramref name="smoothing"/> of the uniform distribution.</summary>
    /// <param name="logits">[B, K].</param>
    /// <param name="labels">[B] int64 classes, or [B, K] class weights that sum to 1 per row (mixup, cutmix).</param>
    /// <param name="smoothing">0 trains on the labels as they are.</param>
    /// <returns>Scalar.</returns>
    /// <remarks>Source: Szegedy et al. 2016, section 7 (arXiv 1512.00567).</remarks>
    /// <exception cref="ArgumentException">Shapes or types that do not fit, or smoothing outside [0, 1).</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels, double smoothing = 0)
    {
        if (smoothing is not (>= 0 and < 1)) throw new ArgumentException($"Label smoothing must lie in [0, 1), got {smoothing}.", nameof(smoothing));
        var classes = labels.dtype == ScalarType.Int64 && labels.dim() == 1;
        var fits = logits.dim() == 2 && labels.size(0) == logits.size(0)
            && (classes || labels.is_floating_point() && labels.dim() == 2 && labels.size(1) == logits.size(1));
        if (!fits)
            throw new ArgumentException(
                $"Logits [B, K] go with int64 classes [B] or float class weights [B, K]; got logits [{string.Join(", ", logits.shape)}] and {labels.dtype} labels [{string.Join(", ", labels.shape)}].", nameof(labels));
        return nn.functional.cross_entropy(logits, labels, label_smoothing: smoothing);
    }
}
