using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>What stands between encoder and decoder: the only part that differs between tokenizers that are compared.</summary>
/// <param name="name">Of the module.</param>
public abstract class Bottleneck(string name) : nn.Module<Tensor, Quantized>(name)
{
    /// <summary>Codes of every codebook; none where nothing is quantized.</summary>
    public abstract IReadOnlyList<long> BookSizes { get; }

    /// <summary>Codes of every book for a position of the grid: more than 1 where coarser grids are kept, too.</summary>
    public virtual double CodesPerPosition => 1;

    /// <summary>Nominal bits of a position: the sum of log2 of the book sizes.</summary>
    public double BitsPerPosition => CodesPerPosition * BookSizes.Sum(size => Math.Log2(size));

    /// <summary>Channels that the encoder must give for latents of so many: the same, unless the bottleneck also narrows them.</summary>
    /// <param name="zChannels">z: channels that the decoder gets.</param>
    public virtual int EncoderChannels(int zChannels) => zChannels;

    /// <summary>What the decoder gets.</summary>
    /// <param name="z">[B, <see cref="EncoderChannels"/>, h, w].</param>
    /// <returns>Values [B, z, h, w], codes [B, h, w, M], and the scalar that training adds to its loss.</returns>
    public abstract override Quantized forward(Tensor z);

    /// <summary>Multiply-adds of the layers of one forward pass; the comparison with codes is not counted.</summary>
    /// <param name="z">What <see cref="forward"/> takes.</param>
    internal virtual long Macs(Tensor z) => 0;

    /// <summary>The latents of codes, bit for bit those of <see cref="forward"/> in evaluation mode.</summary>
    /// <param name="codes">[B, h, w, M] int64.</param>
    /// <returns>[B, z, h, w].</returns>
    public abstract Tensor Lookup(Tensor codes);
}

/// <summary>No bottleneck: what reconstruction costs without quantization.</summary>
public sealed class IdentityBottleneck() : Bottleneck(nameof(IdentityBottleneck))
{
    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => [];

    /// <inheritdoc/>
    public override Quantized forward(Tensor z) =>
        new(z.alias(), empty([z.shape[0], z.shape[2], z.shape[3], 0], ScalarType.Int64, z.device), zeros([], z.dtype, z.device));

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: there are no codes.</exception>
    public override Tensor Lookup(Tensor codes) => throw new NotSupportedException("Continuous latents have no codes to look up.");
}

/// <summary>A quantizer at every position of the grid.</summary>
public sealed class QuantizedBottleneck : Bottleneck
{
    /// <param name="quantizer">As wide as a latent vector; owned by this module from now on.</param>
    public QuantizedBottleneck(Quantizer quantizer) : base(nameof(QuantizedBottleneck))
    {
        Quantizer = quantizer;
        register_module("quantizer", quantizer);
    }

    /// <summary>The quantizer.</summary>
    public Quantizer Quantizer { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => Quantizer.BookSizes;

    /// <inheritdoc/>
    public override Quantized forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var quantized = Quantizer.call(z.permute(0, 2, 3, 1)); // [B, h, w, z]
        return (quantized with { Values = ToGrid(quantized.Values) }).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public override Tensor Lookup(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return ToGrid(Quantizer.Lookup(codes)).MoveToOuterDisposeScope();
    }

    private static Tensor ToGrid(Tensor values) => values.permute(0, 3, 1, 2).contiguous();

    /// <summary>The quantizer is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
