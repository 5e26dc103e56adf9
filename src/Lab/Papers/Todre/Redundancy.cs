using static TorchSharp.torch;

namespace Lab.Papers.Todre;

/// <summary>How alike the tokens of a set are.</summary>
public static class Redundancy
{
    /// <summary>Mean cosine between different tokens of each set, mean over sets; 0 for sets of one.</summary>
    /// <param name="tokens">[B, n, d].</param>
    /// <param name="kept">[B, n] bool.</param>
    public static double MeanCosine(Tensor tokens, Tensor kept)
    {
        using var scope = NewDisposeScope();
        var unit = nn.functional.normalize(tokens, dim: -1) * kept.unsqueeze(-1);
        var count = kept.sum([1L]).to(ScalarType.Float32); // [B]
        var all = unit.sum([1L]).square().sum([1L]); // of all pairs, every token with itself among them
        var self = unit.square().sum([1L, 2L]);
        return ((all - self) / (count * (count - 1)).clamp_min(1)).mean().item<float>();
    }
}
