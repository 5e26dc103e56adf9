using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>The order in which the channels of a position are generated: those whose maps change slowly come first, the detail follows.</summary>
/// <param name="Channels">From the first to the last.</param>
/// <param name="LowShares">Of every channel, in its own place: share of its energy in low frequencies, in [0, 1].</param>
/// <remarks>Source: Wang et al. 2025, section 3.3 and table 2b (arXiv 2503.16430). The radius is not published; here it is a quarter of the grid.</remarks>
public sealed record FrequencyOrder(IReadOnlyList<int> Channels, IReadOnlyList<double> LowShares)
{
    /// <summary>Measures latents.</summary>
    /// <param name="latents">[N, C, h, w].</param>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static FrequencyOrder Of(Tensor latents)
    {
        if (latents.dim() != 4 || latents.numel() == 0) throw new ArgumentException($"Latents are [N, C, h, w], got [{string.Join(", ", latents.shape)}].", nameof(latents));
        using var scope = NewDisposeScope();
        var energy = fft.fft2(latents.cpu().to(ScalarType.Float64)).abs().square().sum([0L]); // [C, h, w]
        var (rows, columns) = (Frequencies(latents.shape[2]), Frequencies(latents.shape[3]));
        var radius = (rows.unsqueeze(1).square() + columns.square()).sqrt();
        var low = radius.le(Math.Min(latents.shape[2], latents.shape[3]) / 4.0).to(ScalarType.Float64);
        var shares = ((energy * low).sum([1L, 2]) / energy.sum([1L, 2])).data<double>().ToArray();
        return new([.. Enumerable.Range(0, shares.Length).OrderByDescending(channel => shares[channel])], shares);
    }

    // Waves along an axis: 0, 1, ..., n / 2, ..., 1.
    private static Tensor Frequencies(long count)
    {
        var waves = arange(0, count, ScalarType.Float64);
        return minimum(waves, count - waves);
    }
}
