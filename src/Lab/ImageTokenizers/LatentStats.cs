using Lab.Data;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>What the latents of a trained tokenizer look like: the scale at which priors and quantizers work on them, and how far from normal they are.</summary>
/// <param name="Scale">1 over their standard deviation, all numbers together: the role of 0.18215 or 0.2325 in published models.</param>
/// <param name="Means">By channel, unscaled.</param>
/// <param name="Deviations">By channel, unscaled.</param>
/// <param name="Kurtosis">Fourth moment over the squared variance, all numbers together; 3 for a normal distribution.</param>
/// <param name="Largest">Largest magnitude, scaled.</param>
public sealed record LatentStats(double Scale, IReadOnlyList<double> Means, IReadOnlyList<double> Deviations, double Kurtosis, double Largest)
{
    private const int Batch = 256;
    private const double Active = 0.01; // of the variance: below it a channel tells nothing about the picture

    /// <summary>Channels that say something. The others are quantized perfectly and flatter any quantizer.</summary>
    public int ActiveChannels => Deviations.Count(deviation => deviation * deviation > Active);

    /// <summary>Measures what the decoder gets in evaluation mode.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="images">Training pictures.</param>
    /// <param name="count">How many of them, at most all.</param>
    /// <exception cref="ArgumentException">No picture, or latents that are all equal or not finite.</exception>
    public static LatentStats Of(ImageTokenizer tokenizer, LabeledImages images, int count = 1024)
    {
        if (count < 1) throw new ArgumentException($"At least 1 picture is needed, got {count}.", nameof(count));
        using var scope = NewDisposeScope();
        return Of(Latents(tokenizer, images, count));
    }

    /// <summary>Of latents that are there.</summary>
    /// <param name="latents">[N, z, h, w].</param>
    /// <exception cref="ArgumentException">All equal, or not finite.</exception>
    public static LatentStats Of(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var values = latents.to(ScalarType.Float64);
        var deviation = values.std().item<double>();
        if (!(deviation > 0 && double.IsFinite(deviation))) throw new ArgumentException($"Latents that are all equal, or not finite, have no scale; their deviation is {deviation}.", nameof(latents));
        var centred = values - values.mean();
        return new(
            1 / deviation,
            values.mean([0L, 2, 3]).data<double>().ToArray(),
            values.std([0L, 2, 3]).data<double>().ToArray(),
            (centred.pow(4).mean() / centred.square().mean().square()).item<double>(),
            values.abs().max().item<double>() / deviation);
    }

    /// <summary>What the decoder gets of the first few pictures, unscaled.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="images">Pictures.</param>
    /// <param name="count">How many, at most all.</param>
    /// <returns>[N, z, h, w] on the tokenizer's device.</returns>
    public static Tensor Latents(ImageTokenizer tokenizer, LabeledImages images, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var device = tokenizer.parameters().First().device;
        List<Tensor> latents = [];
        for (var start = 0; start < Math.Min(count, images.Count); start += Batch)
        {
            using var step = NewDisposeScope();
            var end = Math.Min(start + Batch, Math.Min(count, images.Count));
            var pixels = images.Images[start..end].to(device).to(ScalarType.Float32) / 255;
            latents.Add(tokenizer.Bottleneck.call(tokenizer.Encode(Normalization.Signed.Apply(pixels))).Values.MoveToOuterDisposeScope());
        }
        return cat(latents).MoveToOuterDisposeScope();
    }
}
