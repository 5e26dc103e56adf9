using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>How much channels tell about each other: what a head that predicts them all at once cannot use.</summary>
public static class ChannelInformation
{
    /// <summary>Mutual information of every pair of channels, from how often their codes meet.</summary>
    /// <param name="codes">[N, C] int64, below <paramref name="levels"/>.</param>
    /// <param name="levels">B.</param>
    /// <returns>[C][C] in bits; on the diagonal the entropies. Biased upward by about (B - 1)^2 / 1.4 N.</returns>
    /// <exception cref="ArgumentException">Another shape or type.</exception>
    public static double[][] Mutual(Tensor codes, int levels)
    {
        if (codes.dim() != 2 || codes.dtype != ScalarType.Int64 || codes.numel() == 0) throw new ArgumentException($"Codes are [N, C] int64, got {codes.dtype} [{string.Join(", ", codes.shape)}].", nameof(codes));
        using var scope = NewDisposeScope();
        var channels = codes.unbind(1);
        var entropies = channels.Select(channel => Entropy(channel, levels)).ToArray();
        var shared = new double[channels.Length][];
        for (var i = 0; i < channels.Length; i++)
        {
            shared[i] = new double[channels.Length];
            for (var j = 0; j < i; j++) shared[i][j] = shared[j][i] = entropies[i] + entropies[j] - Entropy(channels[i] * levels + channels[j], (long)levels * levels);
            shared[i][i] = entropies[i];
        }
        return shared;
    }

    private static double Entropy(Tensor codes, long size) => Quantization.CodebookUse.Of(codes, size).Bits;
}
