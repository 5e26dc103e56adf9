using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Turns vectors into codes of finite alphabets and back.</summary>
public interface IQuantizer
{
    /// <summary>Width of a vector.</summary>
    int Dim { get; }

    /// <summary>Codes of every codebook.</summary>
    IReadOnlyList<long> BookSizes { get; }

    /// <summary>Nominal rate: the sum of log2 of the book sizes.</summary>
    double BitsPerVector { get; }

    /// <summary>The nearest representable vectors, their codes, and what training has to minimise besides its own loss.</summary>
    /// <param name="z">[..., D].</param>
    /// <param name="mask">[...] bool, true where there is a vector; null: everywhere. What is masked gives zeros and codes -1, and teaches nothing.</param>
    /// <exception cref="ArgumentException">Another width, another shape of the mask, nothing to quantize, or values that are not numbers.</exception>
    Quantized Quantize(Tensor z, Tensor? mask = null);

    /// <summary>The vectors of codes, bit for bit those that <see cref="Quantize"/> gave in evaluation mode.</summary>
    /// <param name="codes">[..., M] int64.</param>
    /// <returns>[..., D].</returns>
    /// <exception cref="ArgumentException">Another number of codes, or a code outside its book.</exception>
    Tensor Lookup(Tensor codes);
}

/// <summary>Vectors after quantization.</summary>
/// <param name="Values">[..., D]; in training mode the gradient is an estimate, rounding has none.</param>
/// <param name="Codes">[..., M] int64, one of every codebook; -1 where masked or left out.</param>
/// <param name="Loss">Scalar for the training loss; 0 in evaluation mode, and where the quantizer has nothing to ask.</param>
public sealed record Quantized(Tensor Values, Tensor Codes, Tensor Loss) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Values, Codes, Loss }) tensor.Dispose();
    }

    internal Quantized MoveToOuterScope() => new(Values.MoveToOuterDisposeScope(), Codes.MoveToOuterDisposeScope(), Loss.MoveToOuterDisposeScope());
}
