using Lab.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>What stands between encoder and decoder: the only part that differs between tokenizers that are compared.</summary>
/// <param name="name">Of the module.</param>
public abstract class Bottleneck(string name) : nn.Module<Tensor, Quantized>(name)
{
    /// <summary>Codes of every codebook; none where nothing is quantized.</summary>
    public abstract IReadOnlyList<long> BookSizes { get; }

    /// <summary>Nominal bits of a position: the sum of log2 of the book sizes.</summary>
    public double BitsPerPosition => BookSizes.Sum(size => Math.Log2(size));

    /// <summary>What the decoder gets.</summary>
    /// <param name="z">[B, z, h, w].</param>
    /// <returns>Values [B, z, h, w], codes [B, h, w, M], and the scalar that training adds to its loss.</returns>
    public abstract override Quantized forward(Tensor z);

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

/// <summary>A quantizer at every position of the grid. Where it is narrower or wider than the latents, linear maps lead to it and back.</summary>
public sealed class QuantizedBottleneck : Bottleneck
{
    private readonly Quantizer quantizer;
    private readonly Linear? project, expand;

    /// <param name="quantizer">Owned by this module from now on.</param>
    /// <param name="channels">z, of the latents.</param>
    /// <exception cref="ArgumentException">No channel.</exception>
    public QuantizedBottleneck(Quantizer quantizer, int channels) : base(nameof(QuantizedBottleneck))
    {
        if (channels < 1) throw new ArgumentException($"A latent vector needs at least 1 channel, got {channels}.", nameof(channels));
        this.quantizer = quantizer;
        register_module("quantizer", quantizer);
        if (quantizer.Dim == channels) return;
        project = nn.Linear(channels, quantizer.Dim);
        expand = nn.Linear(quantizer.Dim, channels);
        register_module("project", project);
        register_module("expand", expand);
    }

    /// <summary>The quantizer.</summary>
    public Quantizer Quantizer => quantizer;

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => quantizer.BookSizes;

    /// <inheritdoc/>
    public override Quantized forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var quantized = quantizer.call(Vectors(z));
        return (quantized with { Values = ToGrid(quantized.Values) }).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public override Tensor Lookup(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return ToGrid(quantizer.Lookup(codes)).MoveToOuterDisposeScope();
    }

    /// <summary>What is quantized.</summary>
    /// <param name="z">[B, z, h, w].</param>
    /// <returns>[B, h, w, D].</returns>
    public Tensor Vectors(Tensor z)
    {
        using var scope = NewDisposeScope();
        var rows = z.permute(0, 2, 3, 1);
        return (project is null ? rows : project.call(rows)).MoveToOuterDisposeScope();
    }

    private Tensor ToGrid(Tensor values) => (expand is null ? values : expand.call(values)).permute(0, 3, 1, 2).contiguous();

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
