using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// The entropies that keep binary codes decided and diverse. With codes in {-1, 1}^D and p(c | z) proportional to
/// exp(l . c / 2) for logits l, bits are independent given z: the entropy of one vector's code is a sum over bits. The
/// entropy of the mean code needs a table of all 2^g codes of a group of g bits; groups are taken as independent.
/// </summary>
/// <remarks>Sources: Yu et al. 2024 (arXiv 2310.05737); in groups: Zhao et al. 2024 (arXiv 2406.07548).</remarks>
internal static class BinaryEntropy
{
    /// <param name="logits">[N, D], of a bit being 1.</param>
    /// <param name="groupBits">g, a divisor of D.</param>
    /// <returns>Mean entropy of a vector's code, and entropy of the mean code, in nats; scalars.</returns>
    public static (Tensor OfOne, Tensor OfMean) Of(Tensor logits, int groupBits)
    {
        var p = logits.sigmoid();
        var ofOne = -(p * nn.functional.logsigmoid(logits) + (1 - p) * nn.functional.logsigmoid(-logits)).sum(-1).mean();

        var groups = logits.view(logits.shape[0], -1, groupBits);
        var codes = Signs(groupBits, logits.dtype, logits.device);
        var mean = (groups.matmul(codes.t()) / 2).softmax(-1).mean([0]); // [N, D / g, 2^g] -> [D / g, 2^g]
        return (ofOne, -mean.xlogy(mean).sum());
    }

    /// <summary>All codes of some bits as signs, bit d of the row's number in column d: [2^bits, bits].</summary>
    public static Tensor Signs(int bits, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        var numbers = arange(1L << bits, ScalarType.Int64, device).unsqueeze(1);
        return (numbers.bitwise_right_shift(arange(bits, ScalarType.Int64, device)).bitwise_and(1) * 2 - 1).to(type).MoveToOuterDisposeScope();
    }
}
