using Lab.Nn;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>A picture after encoder, bottleneck and decoder.</summary>
/// <param name="Images">[B, 3, S, S], not clamped.</param>
/// <param name="Codes">[B, h, w, M] int64.</param>
/// <param name="Loss">Scalar: what the bottleneck adds to the loss of training.</param>
/// <param name="Latents">[B, z, h, w]: what the decoder got.</param>
public sealed record Reconstruction(Tensor Images, Tensor Codes, Tensor Loss, Tensor Latents) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Images, Codes, Loss, Latents }) tensor.Dispose();
    }
}

/// <summary>Encoder, bottleneck and decoder: pictures to a grid of codes and back.</summary>
/// <remarks>Source: van den Oord et al. 2017 (arXiv 1711.00937); Esser et al. 2021 (arXiv 2012.09841).</remarks>
public sealed class ImageTokenizer : nn.Module<Tensor, Reconstruction>
{
    private readonly nn.Module<Tensor, Tensor> encoder, decoder;

    /// <summary>Encoder, decoder and bottleneck draw their first weights from seeds of their own: those of encoder and decoder are the same whatever stands between.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="bottleneck">Makes it; owned by this module.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <param name="device">The CPU when null.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit each other.</exception>
    public ImageTokenizer(TokenizerConfig config, Func<Bottleneck> bottleneck, long seed, Device? device = null) : base(nameof(ImageTokenizer))
    {
        config.Check();
        Config = config;
        Bottleneck = Seeded("bottleneck", bottleneck);
        encoder = Seeded("encoder", () => Autoencoder.Encoder(config, Bottleneck.EncoderChannels(config.ZChannels)));
        decoder = Seeded("decoder", () => Autoencoder.Decoder(config));
        register_module("encoder", encoder);
        register_module("bottleneck", Bottleneck);
        register_module("decoder", decoder);
        this.OnDevice(device ?? CPU);

        T Seeded<T>(string part, Func<T> make)
        {
            using var generator = manual_seed(Seed.Derive(seed, part));
            return make();
        }
    }

    /// <summary>Sizes.</summary>
    public TokenizerConfig Config { get; }

    /// <summary>Between encoder and decoder.</summary>
    public Bottleneck Bottleneck { get; }

    /// <summary>Bits of a pixel: those of a position over its pixels.</summary>
    public double BitsPerPixel => Bottleneck.BitsPerPosition / (Config.Factor * Config.Factor);

    /// <summary>Latents of pictures.</summary>
    /// <param name="images">[B, 3, S, S] in [-1, 1].</param>
    /// <returns>[B, z, h, w].</returns>
    /// <exception cref="ArgumentException">Pictures of another size, or none.</exception>
    public Tensor Encode(Tensor images)
    {
        if (images.dim() != 4 || images.shape[0] == 0 || images.shape[1] != 3 || images.shape[2] != Config.Size || images.shape[3] != Config.Size)
            throw new ArgumentException($"{Config.Name} takes at least 1 picture [B, 3, {Config.Size}, {Config.Size}], got [{string.Join(", ", images.shape)}].", nameof(images));
        return encoder.call(images);
    }

    /// <summary>Pictures of latents.</summary>
    /// <param name="latents">[B, z, h, w].</param>
    /// <returns>[B, 3, S, S], not clamped.</returns>
    public Tensor Decode(Tensor latents) => decoder.call(latents);

    /// <inheritdoc cref="Encode"/>
    /// <returns>The pictures after all three parts.</returns>
    public override Reconstruction forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var quantized = Bottleneck.call(Encode(images));
        var decoded = Decode(quantized.Values).MoveToOuterDisposeScope();
        quantized = quantized.MoveToOuterScope();
        return new(decoded, quantized.Codes, quantized.Loss, quantized.Values);
    }

    /// <summary>Pictures of codes.</summary>
    /// <param name="codes">[B, h, w, M] int64.</param>
    /// <returns>[B, 3, S, S], not clamped.</returns>
    public Tensor Detokenize(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return Decode(Bottleneck.Lookup(codes)).MoveToOuterDisposeScope();
    }

    /// <summary>Encoder, for counting.</summary>
    internal nn.Module<Tensor, Tensor> Encoder => encoder;

    /// <summary>Decoder, for counting.</summary>
    internal nn.Module<Tensor, Tensor> Decoder => decoder;

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
