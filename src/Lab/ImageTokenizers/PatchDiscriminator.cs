using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>Judges pictures patch by patch: a high number where a patch looks like one of a real picture.</summary>
/// <remarks>Source: Isola et al. 2017, section 3.2 (arXiv 1611.07004); for tokenizers: Esser et al. 2021 (arXiv 2012.09841).</remarks>
public sealed class PatchDiscriminator : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> layers;

    /// <param name="channels">c: of the first layer; a multiple of 4, for the normalization behind twice as many has 8 groups.</param>
    /// <exception cref="ArgumentException">Channels that are no multiple of 4.</exception>
    public PatchDiscriminator(int channels = 32) : base(nameof(PatchDiscriminator))
    {
        if (channels < 4 || channels % 4 != 0) throw new ArgumentException($"A discriminator's channels must be a multiple of 4, got {channels}.", nameof(channels));
        layers = nn.Sequential(
            nn.Conv2d(3, channels, 4, stride: 2, padding: 1), nn.LeakyReLU(0.2),
            nn.Conv2d(channels, 2 * channels, 4, stride: 2, padding: 1), Blocks.Norm(2 * channels), nn.LeakyReLU(0.2),
            Blocks.Conv3(2 * channels, 2 * channels), Blocks.Norm(2 * channels), nn.LeakyReLU(0.2),
            Blocks.Conv3(2 * channels, 1));
        register_module("layers", layers);
    }

    /// <param name="images">[B, 3, S, S] in [-1, 1].</param>
    /// <returns>[B, 1, S / 4, S / 4].</returns>
    public override Tensor forward(Tensor images) => layers.call(images);

    /// <summary>Hinge loss: patches of real pictures should be above 1, those of made ones below -1.</summary>
    /// <param name="real">What it says of real pictures.</param>
    /// <param name="made">What it says of made ones.</param>
    /// <returns>Scalar.</returns>
    public static Tensor Hinge(Tensor real, Tensor made)
    {
        using var scope = NewDisposeScope();
        return (((1 - real).clamp_min(0).mean() + (1 + made).clamp_min(0).mean()) / 2).MoveToOuterDisposeScope();
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
