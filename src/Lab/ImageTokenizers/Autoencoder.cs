using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>
/// Encoders and decoders of both families. The layer that meets the latents is made last: first weights of all others then do not depend on how
/// many channels the latents have.
/// </summary>
internal static class Autoencoder
{
    /// <summary>From pictures [B, 3, S, S] to latents [B, channels, S / F, S / F].</summary>
    public static nn.Module<Tensor, Tensor> Encoder(TokenizerConfig config, int channels) =>
        nn.Sequential([.. config.Family == TokenizerFamily.Patch ? PatchEncoder(config, channels) : PyramidEncoder(config, channels)]);

    /// <summary>From latents [B, z, S / F, S / F] to pictures [B, 3, S, S], not clamped.</summary>
    public static nn.Module<Tensor, Tensor> Decoder(TokenizerConfig config) =>
        nn.Sequential([.. config.Family == TokenizerFamily.Patch ? PatchDecoder(config) : PyramidDecoder(config)]);

    private static IEnumerable<nn.Module<Tensor, Tensor>> PatchEncoder(TokenizerConfig config, int channels)
    {
        var width = config.Widths[0];
        return
        [
            nn.Conv2d(3, width, config.Factor, stride: config.Factor),
            .. Blocks.Residual(width, width, config.Depth),
            .. Blocks.Head(width, Blocks.Conv1(width, channels)),
        ];
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> PatchDecoder(TokenizerConfig config)
    {
        var width = config.Widths[0];
        List<nn.Module<Tensor, Tensor>> layers =
        [
            .. Blocks.Residual(width, width, config.Depth),
            .. Blocks.Head(width, Blocks.Conv3(width, 3 * config.Factor * config.Factor)),
            nn.PixelShuffle(config.Factor),
        ];
        return [Blocks.Conv1(config.ZChannels, width), .. layers];
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> PyramidEncoder(TokenizerConfig config, int channels)
    {
        var widths = config.Widths;
        List<nn.Module<Tensor, Tensor>> layers = [Blocks.Conv3(3, widths[0])];
        for (var level = 0; level < widths.Count; level++)
        {
            layers.AddRange(Blocks.Residual(widths[Math.Max(0, level - 1)], widths[level], config.Depth));
            if (level == widths.Count - 1) continue;
            layers.Add(nn.ZeroPad2d((0, 1, 0, 1))); // right and bottom alone, so that the halved grid is aligned
            layers.Add(nn.Conv2d(widths[level], widths[level], 3, stride: 2));
        }
        return [.. layers, .. Blocks.Middle(widths[^1]), .. Blocks.Head(widths[^1], Blocks.Conv3(widths[^1], channels))];
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> PyramidDecoder(TokenizerConfig config)
    {
        var widths = config.Widths;
        List<nn.Module<Tensor, Tensor>> layers = [.. Blocks.Middle(widths[^1])];
        for (var level = widths.Count - 1; level >= 0; level--)
        {
            layers.AddRange(Blocks.Residual(widths[Math.Min(widths.Count - 1, level + 1)], widths[level], config.Depth));
            if (level == 0) continue;
            layers.Add(nn.Upsample(scale_factor: [2, 2], mode: UpsampleMode.Nearest));
            layers.Add(Blocks.Conv3(widths[level], widths[level]));
        }
        layers.AddRange(Blocks.Head(widths[0], Blocks.Conv3(widths[0], 3)));
        return [Blocks.Conv3(config.ZChannels, widths[^1]), .. layers];
    }
}
