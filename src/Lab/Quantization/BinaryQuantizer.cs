using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Quantizers whose codes are the signs of the channels: no codebook, 2^D codes.</summary>
public abstract class BinaryQuantizer : Quantizer
{
    private const int MostBits = 62, MostTableBits = 12;

    private readonly double entropyWeight, diversity;
    private readonly Tensor placeValues; // [D]

    private protected BinaryQuantizer(int dim, double entropyWeight, double diversity, int? groupBits, string name) : base(dim, name)
    {
        if (dim > MostBits) throw new ArgumentException($"A code of {dim} bits does not fit a 64-bit integer: at most {MostBits}.", nameof(dim));
        GroupBits = groupBits ?? Enumerable.Range(1, Math.Min(dim, MostTableBits)).Last(bits => dim % bits == 0);
        if (GroupBits < 1 || GroupBits > MostTableBits || dim % GroupBits != 0)
            throw new ArgumentException($"Groups of {GroupBits} bits must divide {dim} bits and have 1 to {MostTableBits}.", nameof(groupBits));
        (this.entropyWeight, this.diversity) = (entropyWeight, diversity);
        placeValues = tensor(Enumerable.Range(0, dim).Select(bit => 1L << bit).ToArray()).DetachFromDisposeScope();
        register_buffer("place_values", placeValues, persistent: false);
        BookSizes = [1L << dim];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>Bits whose codes share one table in the entropy of the mean code.</summary>
    public int GroupBits { get; }

    /// <summary>Share of the vectors, drawn anew in every training step, that the entropies are computed of: their table is 2^g wide for each.</summary>
    /// <exception cref="ArgumentException">Not above 0, or above 1.</exception>
    public double EntropyShare
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentException($"{nameof(EntropyShare)} must lie above 0 and at most at 1, got {value}.", nameof(value));
    } = 1;

    /// <summary>Length of a code's channel.</summary>
    protected abstract double Magnitude { get; }

    // 0 counts as negative.
    private protected Tensor Codes(Tensor rows) => ((rows > 0).to(ScalarType.Int64) * placeValues).sum(-1, keepdim: true);

    private protected Tensor Signs(Tensor rows) => ((rows > 0).to(rows.dtype) * 2 - 1) * Magnitude;

    /// <summary>Every vector decided, all vectors together diverse.</summary>
    /// <param name="logits">[N, D].</param>
    private protected Tensor EntropyLoss(Tensor logits)
    {
        var (ofOne, ofMean) = BinaryEntropy.Of(EntropyShare < 1 ? Some(logits) : logits, GroupBits);
        return entropyWeight * (ofOne - diversity * ofMean);
    }

    private Tensor Some(Tensor logits)
    {
        var count = logits.shape[0];
        return logits.index_select(0, randperm(count, device: logits.device).narrow(0, 0, (long)Math.Ceiling(EntropyShare * count)));
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) =>
        (codes.bitwise_and(placeValues).ne(0).to(ScalarType.Float32) * 2 - 1) * Magnitude;

    /// <summary>Buffers are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
