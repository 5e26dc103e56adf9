using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>How much of a codebook a set of codes uses.</summary>
/// <param name="Usage">Share of the codes that occur, in [0, 1].</param>
/// <param name="Perplexity">exp of the entropy of the codes: how many equally frequent codes would carry as much, in [1, K].</param>
/// <param name="Bits">That entropy in bits.</param>
/// <param name="Dead">Codes that do not occur.</param>
public sealed record CodebookUse(double Usage, double Perplexity, double Bits, long Dead)
{
    /// <summary>Of one codebook.</summary>
    /// <param name="codes">Any shape, int64; -1 is left out.</param>
    /// <param name="size">K.</param>
    /// <exception cref="ArgumentException">No code, or one outside the book.</exception>
    public static CodebookUse Of(Tensor codes, long size)
    {
        using var scope = NewDisposeScope();
        var present = codes.reshape(-1);
        present = present.masked_select(present >= 0);
        if (present.numel() == 0) throw new ArgumentException("There are no codes to count.", nameof(codes));
        if (present.max().item<long>() is var most && most >= size) throw new ArgumentException($"Codes must lie in 0..{size - 1}, got {most}.", nameof(codes));
        return OfCounts(present.bincount(null, size), size);
    }

    /// <summary>Of several codebooks taken together: a combination of codes counts as one code.</summary>
    /// <param name="codes">[..., M] int64, without -1.</param>
    /// <param name="sizes">Codes of every book.</param>
    public static CodebookUse Joint(Tensor codes, IReadOnlyList<long> sizes)
    {
        using var scope = NewDisposeScope();
        var (_, _, counts) = codes.reshape(-1, sizes.Count).unique(dim: 0, return_counts: true);
        return OfCounts(counts!, sizes.Aggregate(1.0, (product, size) => product * size));
    }

    private static CodebookUse OfCounts(Tensor counts, double size)
    {
        var share = counts.to(ScalarType.Float64) / counts.sum();
        var entropy = -share.xlogy(share).sum().item<double>();
        var used = (counts > 0).sum().item<long>();
        return new(used / size, Math.Exp(entropy), entropy / Math.Log(2), size <= long.MaxValue ? (long)size - used : long.MaxValue);
    }
}
