using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Whether a classifier finds generated pictures both clear, each of one class, and diverse, of all classes: from 1 to the number of classes.</summary>
/// <remarks>Source: Salimans et al. 2016, section 4 (arXiv 1606.03498). With another classifier than Inception it compares only with itself.</remarks>
public static class InceptionScore
{
    /// <summary>exp of the mean divergence of a picture's classes from those of all pictures.</summary>
    /// <param name="logits">[N, C].</param>
    /// <exception cref="ArgumentException">Another shape, or no picture.</exception>
    public static double Of(Tensor logits)
    {
        if (logits.dim() != 2 || logits.numel() == 0) throw new ArgumentException($"Logits must be [N, C], got [{string.Join(", ", logits.shape)}].", nameof(logits));
        using var scope = NewDisposeScope();
        var logP = logits.to(ScalarType.Float64).log_softmax(1);
        var p = logP.exp();
        return Math.Exp((p * (logP - p.mean([0L], keepdim: true).log())).sum(1).mean().item<double>());
    }
}
