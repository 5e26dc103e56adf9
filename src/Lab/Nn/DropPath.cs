using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>
/// Stochastic depth: while training, a residual branch is left out for a random part of the samples, and scaled up for
/// the others so that its expectation stays. Evaluation and rate 0 change nothing.
/// </summary>
/// <remarks>Source: Huang et al. 2016, section 3 (arXiv 1603.09382).</remarks>
public sealed class DropPath : nn.Module<Tensor, Tensor>
{
    private readonly double rate;

    /// <param name="rate">Probability of leaving a sample's branch out, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate outside [0, 1).</exception>
    public DropPath(double rate) : base(nameof(DropPath)) => this.rate = rate is >= 0 and < 1
        ? rate
        : throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate of DropPath lies in [0, 1).");

    /// <summary>Rates that rise linearly from 0 at the first layer to <paramref name="last"/> at the last one.</summary>
    public static double[] Rising(double last, int depth) =>
        [.. Enumerable.Range(0, depth).Select(layer => depth == 1 ? 0 : last * layer / (depth - 1))];

    /// <param name="branch">[B, ...].</param>
    /// <returns>The same shape; the input itself if nothing is dropped.</returns>
    public override Tensor forward(Tensor branch)
    {
        if (!training || rate == 0) return branch;
        using var scope = NewDisposeScope();
        var perSample = branch.shape.Select((size, dimension) => dimension == 0 ? size : 1).ToArray(); // [B, 1, ...]
        var keep = empty(perSample, branch.dtype, branch.device).bernoulli_(1 - rate).div_(1 - rate);
        return (branch * keep).MoveToOuterDisposeScope();
    }
}
