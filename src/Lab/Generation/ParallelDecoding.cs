using static TorchSharp.torch;

namespace Lab.Generation;

/// <summary>How a grid is filled in parallel.</summary>
public sealed record ParallelDecodingOptions
{
    /// <summary>T: rounds, at most as many as there are positions.</summary>
    public int Rounds { get; init; } = 8;

    /// <summary>
    /// Of the Gumbel noise on confidences in the first round; falls linearly to 0 in the last. Without it the surest positions come first, and pictures grow monotonous.
    /// </summary>
    public double ConfidenceNoise { get; init; } = 4.5;

    internal void Check(int positions)
    {
        if (Rounds < 1 || Rounds > positions) throw new ArgumentException($"{positions} positions are filled in 1 to {positions} rounds, got {Rounds}.");
        if (ConfidenceNoise is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(ConfidenceNoise)} must not be negative, got {ConfidenceNoise}.");
    }
}

/// <summary>
/// Fills grids of codes round by round: all unknown positions are drawn at once, those that the model is surest of are kept, few at first and ever more,
/// and the others are drawn again in the next round, knowing them.
/// </summary>
/// <remarks>Source: MaskGIT, Chang et al. 2022, section 3.2 (arXiv 2202.04200).</remarks>
public static class ParallelDecoding
{
    private const double Rounding = 1e-9; // the computed cosine of 60 degrees is a little above one half

    /// <summary>Positions still unknown after a round: ceil(N cos(pi (t + 1) / 2 T)), and at least one fewer than before.</summary>
    /// <param name="left">Unknown before.</param>
    /// <param name="positions">N.</param>
    /// <param name="round">t, from 0.</param>
    /// <param name="rounds">T.</param>
    public static int Left(int left, int positions, int round, int rounds) =>
        round == rounds - 1 ? 0 : Math.Min(left - 1, (int)Math.Ceiling(positions * Math.Cos(Math.PI * (round + 1) / (2 * rounds)) - Rounding));

    /// <summary>Share of positions that is masked in training, so that all stages of the filling are learned: cos(pi u / 2).</summary>
    /// <param name="u">Uniform in [0, 1).</param>
    /// <returns>As many, in (0, 1].</returns>
    public static Tensor MaskRatio(Tensor u) => (u * (Math.PI / 2)).cos();

    /// <summary>Fills grids.</summary>
    /// <param name="empty">[B, N, M] int64: what unknown positions hold; the model is told which they are.</param>
    /// <param name="options">How.</param>
    /// <param name="random">Of the noise on confidences.</param>
    /// <param name="draw">
    /// From codes [B, N, M] and which positions are unknown [B, N] to codes [B, N, M] drawn for all positions and their log probabilities [B, N];
    /// what it says of known positions is not looked at.
    /// </param>
    /// <param name="watch">Told after every round: the codes and which positions are unknown.</param>
    /// <param name="cancellation">Stops before the next round.</param>
    /// <returns>[B, N, M] int64.</returns>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public static Tensor Fill(
        Tensor empty, ParallelDecodingOptions options, Generator random, Func<Tensor, Tensor, (Tensor Codes, Tensor LogProbabilities)> draw,
        Action<Tensor, Tensor>? watch = null, CancellationToken cancellation = default)
    {
        var positions = (int)empty.shape[1];
        options.Check(positions);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (codes, unknown) = (empty.clone(), ones([empty.shape[0], positions], ScalarType.Bool, empty.device));
        for (int round = 0, left = positions; round < options.Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            left = Left(left, positions, round, options.Rounds);
            var (drawn, confidence) = draw(codes, unknown);
            var noise = options.ConfidenceNoise * (1 - (round + 1.0) / options.Rounds);
            if (noise > 0) confidence = confidence + noise * Gumbel(confidence.shape, random, confidence.device);
            var surest = confidence.masked_fill(unknown.logical_not(), double.PositiveInfinity).argsort(1); // the least sure come first
            var still = zeros_like(unknown).scatter_(1, surest.narrow(1, 0, left), ones([1, 1], ScalarType.Bool, unknown.device).expand(empty.shape[0], left));
            codes.copy_(where(unknown.logical_and(still.logical_not()).unsqueeze(-1), drawn, codes));
            unknown.copy_(still);
            watch?.Invoke(codes, unknown);
        }
        return codes.MoveToOuterDisposeScope();
    }

    private static Tensor Gumbel(long[] shape, Generator random, Device device) => -(-rand(shape, generator: random, device: device).clamp_(1e-10, 1 - 1e-7).log_()).log_();
}
