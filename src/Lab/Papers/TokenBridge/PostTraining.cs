using Lab.ImageTokenizers;
using Lab.Metrics;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>Where the values of a channel lie.</summary>
public enum ScalarTable
{
    /// <summary>Densest in the middle, as the paper has them.</summary>
    Gaussian,

    /// <summary>At equal distances.</summary>
    Uniform,
}

/// <summary>What a quantizer that nobody trained makes of trained latents.</summary>
/// <param name="Table">Where its values lie.</param>
/// <param name="Levels">B.</param>
/// <param name="Range">a: beyond it latents get the last code.</param>
/// <param name="LatentError">Mean squared error of the latents, whose variance is 1.</param>
/// <param name="Error">Mean squared error of the pictures.</param>
/// <param name="Psnr">Decibel, mean over pictures.</param>
/// <param name="EntropyBits">Of a channel, after entropy coding: the mean over channels.</param>
public sealed record QuantizationPoint(ScalarTable Table, int Levels, double Range, double LatentError, double Error, double Psnr, double EntropyBits);

/// <summary>Test pictures with their latents, ready to be quantized again and again. Owns its tensors.</summary>
public sealed class PostTraining : IDisposable
{
    private const int Batch = 256;

    private readonly ImageTokenizer tokenizer;
    private readonly double scale;
    private readonly Tensor pictures, rows; // [N, 3, S, S] in [-1, 1]; [N h w, C], scaled

    /// <param name="tokenizer">A trained autoencoder in evaluation mode; stays the caller's.</param>
    /// <param name="scale">Of its latents.</param>
    /// <param name="images">Test pictures.</param>
    /// <param name="count">How many of them, at most all.</param>
    public PostTraining(ImageTokenizer tokenizer, double scale, Data.LabeledImages images, int count)
    {
        (this.tokenizer, this.scale) = (tokenizer, scale);
        using var scope = NewDisposeScope();
        var latents = LatentStats.Latents(tokenizer, images, count);
        var shown = images.Images[..(int)latents.shape[0]].to(latents.device).to(ScalarType.Float32);
        pictures = Data.Normalization.Signed.Apply(shown / 255).DetachFromDisposeScope();
        rows = (latents * scale).permute(0, 2, 3, 1).reshape(-1, latents.shape[1]).DetachFromDisposeScope();
        (ContinuousError, ContinuousPsnr) = Decoded(rows);
    }

    /// <summary>Mean squared error of the pictures without quantization.</summary>
    public double ContinuousError { get; }

    /// <summary>Decibel without quantization.</summary>
    public double ContinuousPsnr { get; }

    /// <summary>Quantizes the latents and decodes them.</summary>
    /// <param name="table">Where the values lie.</param>
    /// <param name="levels">B.</param>
    /// <param name="range">a.</param>
    public QuantizationPoint Measure(ScalarTable table, int levels, double range)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var quantizer = Make(table, (int)rows.shape[1], levels, range);
        var quantized = quantizer.call(rows);
        var (error, psnr) = Decoded(quantized.Values);
        var bits = Enumerable.Range(0, quantizer.Dim).Average(channel => CodebookUse.Of(quantized.Codes.select(1, channel), levels).Bits);
        return new(table, levels, range, (quantized.Values - rows).square().mean().item<float>(), error, psnr, bits);
    }

    /// <summary>A quantizer by its kind, in evaluation mode.</summary>
    /// <param name="table">Where the values lie.</param>
    /// <param name="channels">C.</param>
    /// <param name="levels">B.</param>
    /// <param name="range">a.</param>
    public static ScalarTableQuantizer Make(ScalarTable table, int channels, int levels, double range)
    {
        ScalarTableQuantizer quantizer = table == ScalarTable.Gaussian ? new GaussianScalarQuantizer(channels, levels, range) : new UniformScalarQuantizer(channels, levels, range);
        quantizer.eval();
        return quantizer;
    }

    /// <summary>The error on numbers that are normal with unit variance: what theory expects of well-behaved latents.</summary>
    /// <param name="table">Where the values lie.</param>
    /// <param name="levels">B.</param>
    /// <param name="range">a.</param>
    public static double NormalError(ScalarTable table, int levels, double range)
    {
        const int Quantiles = 50_000;
        using var scope = NewDisposeScope();
        using var quantizer = Make(table, 1, levels, range);
        var z = (Math.Sqrt(2) * (2 * (arange(Quantiles, ScalarType.Float64) + 0.5) / Quantiles - 1).erfinv()).to(ScalarType.Float32).unsqueeze(1);
        return (quantizer.call(z).Values - z).square().mean().item<float>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pictures.Dispose();
        rows.Dispose();
    }

    // Of the pictures that scaled latents [N h w, C] decode to.
    private (double Error, double Psnr) Decoded(Tensor latents)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var grid = tokenizer.Config.Grid;
        var maps = (latents / scale).view(-1, grid, grid, latents.shape[1]).permute(0, 3, 1, 2).contiguous();
        List<Tensor> errors = [], ratios = [];
        for (long start = 0; start < maps.shape[0]; start += Batch)
        {
            using var step = NewDisposeScope();
            var length = Math.Min(Batch, maps.shape[0] - start);
            var (truth, made) = (pictures.narrow(0, start, length), tokenizer.Decode(maps.narrow(0, start, length)).clamp(-1, 1));
            errors.Add((truth - made).square().mean([1L, 2, 3]).MoveToOuterDisposeScope());
            ratios.Add(Psnr.PerImage(truth, made).MoveToOuterDisposeScope());
        }
        return (cat(errors).mean().item<float>(), cat(ratios).mean().item<float>());
    }
}
