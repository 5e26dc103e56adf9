using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Codes with an optimizer of their own: after every training batch, Adam takes a step on the squared distance of the batch's vectors to their codes. The network's
/// loss, schedule and clipping do not reach them.
/// </summary>
/// <remarks>
/// Sources: Kingma and Ba 2015 (arXiv 1412.6980); the own optimizer: github.com/lucidrains/vector-quantize-pytorch, option <c>in_place_codebook_optimizer</c>, which steps
/// before the codes are looked up, here after it.
/// </remarks>
public sealed class AdamCodebook : Codebook
{
    private const double MeanDecay = 0.9, SquareDecay = 0.999, Epsilon = 1e-8, CountDecay = 0.8;

    private readonly double learningRate;
    private readonly Tensor vectors, means, squares, counts, steps; // [K, D], [K, D], [K, D], [K], scalar

    /// <param name="size">K.</param>
    /// <param name="dim">D.</param>
    /// <param name="start">First vectors.</param>
    /// <param name="learningRate">About how far a code moves in a step.</param>
    /// <exception cref="ArgumentException">A rate that is not positive.</exception>
    public AdamCodebook(long size, int dim, CodebookStart start = CodebookStart.KMeans, double learningRate = 1e-2) : base(size, dim, start, nameof(AdamCodebook))
    {
        if (learningRate is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The learning rate must be positive, got {learningRate}.", nameof(learningRate));
        this.learningRate = learningRate;
        vectors = FirstVectors(start);
        (means, squares) = (zeros(size, dim).DetachFromDisposeScope(), zeros(size, dim).DetachFromDisposeScope());
        (counts, steps) = (ones(size).DetachFromDisposeScope(), zeros([], ScalarType.Float64).DetachFromDisposeScope());
        (string, Tensor)[] buffers = [("vectors", vectors), ("means", means), ("squares", squares), ("counts", counts), ("steps", steps)];
        foreach (var (name, buffer) in buffers) register_buffer(name, buffer);
    }

    /// <inheritdoc/>
    public override Tensor Vectors => vectors;

    /// <inheritdoc/>
    internal override void Learn(Tensor rows, Tensor codes)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (batchSums, batchCounts) = KMeans.Sums(rows, codes, Size);
        Step(2 * (batchCounts.unsqueeze(1) * vectors - batchSums) / rows.numel()); // of mean((z - c)^2)
        counts.mul_(CountDecay).add_(batchCounts, 1 - CountDecay);

        if (Revived(rows, counts) is not var (dead, fresh)) return;
        vectors.index_copy_(0, dead, fresh);
        foreach (var moment in new[] { means, squares }) moment.index_fill_(0, dead, 0); // what was learned about a dead code is not about its successor
        counts.index_fill_(0, dead, RevivalThreshold);
    }

    private void Step(Tensor gradient)
    {
        var step = steps.add_(1).item<double>();
        means.mul_(MeanDecay).add_(gradient, 1 - MeanDecay);
        squares.mul_(SquareDecay).add_(gradient.square(), 1 - SquareDecay);
        var (mean, square) = (means / (1 - Math.Pow(MeanDecay, step)), squares / (1 - Math.Pow(SquareDecay, step)));
        vectors.copy_(Project(vectors - learningRate * mean / (square.sqrt() + Epsilon)));
    }

    /// <inheritdoc/>
    internal override void Replace(Tensor fresh)
    {
        vectors.copy_(fresh);
        means.zero_();
        squares.zero_();
        steps.zero_();
        counts.fill_(1);
    }
}
