using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Share of samples whose highest score is that of their class.</summary>
public static class Accuracy
{
    /// <summary>Top-1 accuracy.</summary>
    /// <param name="logits">[B, K], any monotone score.</param>
    /// <param name="labels">[B] int64 classes.</param>
    /// <returns>In [0, 1].</returns>
    /// <exception cref="ArgumentException">Shapes that do not fit, or no samples.</exception>
    public static double Top1(Tensor logits, Tensor labels)
    {
        if (logits.dim() != 2 || labels.dim() != 1 || logits.size(0) != labels.size(0) || labels.numel() == 0)
            throw new ArgumentException($"Logits [B, K] go with classes [B], B at least 1; got [{string.Join(", ", logits.shape)}] and [{string.Join(", ", labels.shape)}].", nameof(labels));
        using var scope = NewDisposeScope();
        return logits.argmax(1).eq(labels).to_type(ScalarType.Float64).mean().item<double>();
    }
}
