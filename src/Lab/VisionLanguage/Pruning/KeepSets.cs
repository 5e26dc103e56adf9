using Lab.Data;
using Lab.Data.ShapesQa;
using Lab.Runtime;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Pruning;

/// <summary>Makes sets of visual tokens to keep, as bool [B, n].</summary>
public static class KeepSets
{
    /// <summary>The tokens with the highest scores.</summary>
    /// <param name="scores">[B, n].</param>
    /// <param name="keep">0 .. n.</param>
    /// <param name="alive">[B, n] bool, tokens to choose from; null: all.</param>
    /// <returns>[B, n] bool, a new tensor.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More tokens than there are.</exception>
    public static Tensor Top(Tensor scores, int keep, Tensor? alive = null)
    {
        if (keep < 0 || keep > scores.shape[1]) throw new ArgumentOutOfRangeException(nameof(keep), keep, $"Between 0 and {scores.shape[1]} tokens can be kept.");
        using var scope = NewDisposeScope();
        if (alive is not null) scores = scores.masked_fill(alive.logical_not(), float.NegativeInfinity);
        return Mask(scores.topk(keep, 1).indexes, scores.shape[1]).MoveToOuterDisposeScope();
    }

    /// <summary>Sets given by indices.</summary>
    /// <param name="indices">[B, k] int64 in any order.</param>
    /// <param name="count">n.</param>
    /// <returns>[B, n] bool, a new tensor.</returns>
    public static Tensor Mask(Tensor indices, long count)
    {
        using var scope = NewDisposeScope();
        return zeros(indices.shape[0], count, ScalarType.Bool, indices.device).scatter(1, indices, ones_like(indices, ScalarType.Bool)).MoveToOuterDisposeScope();
    }

    /// <summary>Scores that rank tokens at random. They depend on the seed and the number of each sample alone.</summary>
    /// <param name="batch">Samples.</param>
    /// <param name="count">Tokens of each.</param>
    /// <param name="seed">Of the ranks.</param>
    /// <returns>[B, count] in [0, 1), a new tensor.</returns>
    public static Tensor RandomScores(QaBatch batch, int count, long seed)
    {
        var scores = new float[batch.Count * count];
        for (var sample = 0; sample < batch.Count; sample++)
        {
            var random = new CounterRandom(Seed.Derive(seed, "random tokens"), batch.First + sample);
            for (var i = 0; i < count; i++) scores[sample * count + i] = random.Uniform();
        }
        return tensor(scores, [batch.Count, count], device: batch.Images.device);
    }

    /// <summary>Patches at equal distances.</summary>
    /// <param name="batch">Samples, all with the same set.</param>
    /// <param name="grid">Patches per side.</param>
    /// <param name="keep">1 .. grid^2; of its factors, rows and columns are those nearest to each other.</param>
    /// <returns>[B, grid^2] bool, a new tensor.</returns>
    /// <exception cref="ArgumentException">A number that is no product of rows and columns of this grid.</exception>
    public static Tensor Grid(QaBatch batch, int grid, int keep)
    {
        var rows = Enumerable.Range(1, grid).LastOrDefault(r => r * r <= keep && keep % r == 0 && keep / r <= grid);
        if (rows == 0) throw new ArgumentException($"{keep} patches do not fill rows and columns of a grid of {grid}x{grid}.", nameof(keep));
        var columns = keep / rows;
        var chosen = new bool[grid * grid];
        for (var i = 0; i < keep; i++) chosen[Middle(i / columns, rows) * grid + Middle(i % columns, columns)] = true;
        using var one = tensor(chosen, device: batch.Images.device);
        return one.unsqueeze(0).repeat(batch.Count, 1);

        int Middle(int part, int parts) => (2 * part + 1) * grid / (2 * parts);
    }

    /// <summary>
    /// A diverse set: the first token is the one whose nearest other is farthest, then comes always the one whose nearest chosen token is farthest,
    /// by the cosine distance.
    /// </summary>
    /// <param name="tokens">[B, n, d].</param>
    /// <param name="keep">1 .. n.</param>
    /// <returns>[B, n] bool, a new tensor.</returns>
    /// <remarks>Source: Alvar et al. 2025, section 3.3 (arXiv 2503.02175): greedy max-min diversity.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">No token, or more than there are.</exception>
    public static Tensor MaxMin(Tensor tokens, int keep)
    {
        using var scope = NewDisposeScope();
        var unit = nn.functional.normalize(tokens, dim: -1);
        var self = eye(tokens.shape[1], dtype: ScalarType.Bool, device: tokens.device);
        var nearest = unit.matmul(unit.transpose(1, 2)).masked_fill(self, float.NegativeInfinity).amax([2L]); // [B, n], the cosine to the most similar other
        return Mask(GreedyDiversity.Order(tokens, nearest.argmin(1), keep, DiversityRule.KCenter), tokens.shape[1]).MoveToOuterDisposeScope();
    }
}
