using Lab.ImageTokenizers;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>Quantizes the means of a variational autoencoder that was trained without any quantization.</summary>
/// <remarks>Source: Wang et al. 2025, section 3.2 (arXiv 2503.16430).</remarks>
public sealed class PostTrainingBottleneck : Bottleneck
{
    private readonly ScalarTableQuantizer quantizer;
    private readonly double scale;

    /// <param name="quantizer">For latents of unit deviation; owned by this module from now on.</param>
    /// <param name="scale">Brings the latents to unit deviation, <see cref="LatentStats.Scale"/>.</param>
    /// <exception cref="ArgumentException">A scale that is not above 0.</exception>
    public PostTrainingBottleneck(ScalarTableQuantizer quantizer, double scale) : base(nameof(PostTrainingBottleneck))
    {
        if (!(scale > 0 && double.IsFinite(scale))) throw new ArgumentException($"The scale must be above 0, got {scale}.", nameof(scale));
        (this.quantizer, this.scale) = (quantizer, scale);
        register_module("quantizer", quantizer);
    }

    /// <summary>A trained autoencoder with a quantizer put in afterwards: the same encoder and decoder, weight for weight.</summary>
    /// <param name="autoencoder">Trained with a <see cref="KlBottleneck"/>; stays as it is.</param>
    /// <param name="quantizer">As wide as its latents.</param>
    /// <param name="scale">Of its latents.</param>
    /// <returns>In evaluation mode, on the same device; the caller's to dispose.</returns>
    public static ImageTokenizer Quantize(ImageTokenizer autoencoder, ScalarTableQuantizer quantizer, double scale)
    {
        using var noGrad = no_grad();
        var quantized = new ImageTokenizer(autoencoder.Config, () => new PostTrainingBottleneck(quantizer, scale), seed: 0, autoencoder.parameters().First().device);
        var weights = quantized.state_dict();
        foreach (var (name, value) in autoencoder.state_dict()) weights[name].copy_(value);
        quantized.eval();
        return quantized;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => quantizer.BookSizes;

    /// <inheritdoc/>
    public override int EncoderChannels(int zChannels) => 2 * zChannels;

    /// <inheritdoc/>
    public override Quantized forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var quantized = quantizer.call(KlBottleneck.Parts(z).Mean.permute(0, 2, 3, 1) * scale); // [B, h, w, z]
        return (quantized with { Values = ToGrid(quantized.Values) }).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public override Tensor Lookup(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return ToGrid(quantizer.Lookup(codes)).MoveToOuterDisposeScope();
    }

    private Tensor ToGrid(Tensor values) => (values / scale).permute(0, 3, 1, 2).contiguous();

    /// <summary>The quantizer is registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
