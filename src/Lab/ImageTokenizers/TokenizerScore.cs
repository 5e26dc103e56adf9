using Lab.Data;
using Lab.Metrics;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>What became of the test pictures.</summary>
/// <param name="Psnr">Decibel, mean over pictures.</param>
/// <param name="Ssim">Mean over pictures, at most 1.</param>
/// <param name="Perceptual">Distance under the metric network's features.</param>
/// <param name="Frechet">Frechet distance of the reconstructions to the pictures under the metric network: a stand-in for rFID.</param>
/// <param name="Use">Of all books together; null without quantization.</param>
/// <param name="EntropyBits">Bits of a position after entropy coding of first order, book by book; null without quantization.</param>
/// <param name="BitsPerPixel">Nominal.</param>
public sealed record TokenizerScore(
    double Psnr, double Ssim, double Perceptual, double Frechet, CodebookUse? Use, double? EntropyBits, double BitsPerPixel);

/// <summary>What the Frechet distance of a data set ranges between.</summary>
/// <param name="Floor">Of one half of the test pictures to the other.</param>
/// <param name="Ceiling">Of pictures that show their mean colour alone.</param>
/// <param name="Count">Test pictures; the distance is biased upward where they are few.</param>
public sealed record FrechetRange(double Floor, double Ceiling, int Count);

/// <summary>What generated pictures are like.</summary>
/// <param name="Frechet">Frechet distance to the test pictures under the metric network: a stand-in for gFID.</param>
/// <param name="Accuracy">Share that shows what was asked for, as the metric network sees it.</param>
/// <param name="Inception">Inception score of the metric network's last head that was asked for: a stand-in for IS.</param>
/// <param name="Count">Pictures; the distance is biased upward where they are few.</param>
public sealed record GeneratedScore(double Frechet, double Accuracy, double Inception, int Count);

/// <summary>Measures tokenizers on the test pictures with the metric network, which no loss has seen.</summary>
public sealed class TokenizerScorer : IDisposable
{
    private const int Batch = 256;

    private readonly FeatureNet metric;
    private readonly LabeledImages test;
    private readonly Device device;
    private readonly Tensor mean, deviation, reference; // [D], [D], [N, D]

    /// <param name="metric">Stays the caller's.</param>
    /// <param name="test">Stay the caller's.</param>
    /// <param name="device">The CPU when null.</param>
    public TokenizerScorer(FeatureNet metric, LabeledImages test, Device? device = null)
    {
        (this.metric, this.test, this.device) = (metric, test, device ?? CPU);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var embeddings = cat([.. Pictures().Select(metric.call)]);
        mean = embeddings.mean([0]).DetachFromDisposeScope();
        deviation = embeddings.std([0]).clamp_min(1e-6).DetachFromDisposeScope();
        reference = ((embeddings - mean) / deviation).DetachFromDisposeScope();
        Range = new(Floor(), Ceiling(), test.Count);
    }

    /// <summary>Between what the Frechet distances lie.</summary>
    public FrechetRange Range { get; }

    /// <summary>Measures a tokenizer in evaluation mode.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    public TokenizerScore Score(ImageTokenizer tokenizer)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> psnr = [], ssim = [], perceptual = [], embeddings = [], codes = [];
        foreach (var images in Pictures())
        {
            var reconstruction = tokenizer.call(images);
            var shown = reconstruction.Images.clamp(-1, 1);
            psnr.Add(Psnr.PerImage(images, shown));
            ssim.Add(Ssim.PerImage(images, shown));
            perceptual.Add(metric.Distance(images, shown) * images.shape[0]);
            embeddings.Add(metric.call(shown));
            codes.Add(reconstruction.Codes);
        }
        var sizes = tokenizer.Bottleneck.BookSizes;
        var all = cat(codes);
        return new(
            Mean(cat(psnr)), Mean(cat(ssim)), stack(perceptual).sum().item<float>() / test.Count,
            FrechetDistance.Between((cat(embeddings) - mean) / deviation, reference),
            sizes.Count == 0 ? null : CodebookUse.Joint(all, sizes),
            sizes.Count == 0 ? null : tokenizer.Bottleneck.CodesPerPosition * sizes.Select((size, book) => CodebookUse.Of(all.select(-1, book), size).Bits).Sum(),
            tokenizer.BitsPerPixel);
    }

    /// <summary>Measures generated pictures.</summary>
    /// <param name="images">[n, 3, S, S], not clamped, more than the metric network has features.</param>
    /// <param name="wanted">[n] int64 for each of the first heads: what the pictures should show.</param>
    public GeneratedScore Generated(Tensor images, IReadOnlyList<Tensor> wanted)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (embeddings, right, last) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (long start = 0; start < images.shape[0]; start += Batch)
        {
            var shown = images.narrow(0, start, Math.Min(Batch, images.shape[0] - start)).clamp(-1, 1);
            embeddings.Add(metric.call(shown));
            var heads = metric.Logits(shown);
            last.Add(heads[wanted.Count - 1]);
            var hits = heads.Zip(wanted, (logits, labels) => logits.argmax(1) == labels.narrow(0, start, logits.shape[0]));
            right.Add(hits.Aggregate((all, one) => all.logical_and(one)).to(ScalarType.Float32));
        }
        return new(FrechetDistance.Between((cat(embeddings) - mean) / deviation, reference), Mean(cat(right)), InceptionScore.Of(cat(last)), (int)images.shape[0]);
    }

    /// <summary>The first few pictures alone, for curves.</summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="count">Pictures.</param>
    /// <returns>PSNR in decibel, and the use of all books together; null without quantization.</returns>
    public (double Psnr, CodebookUse? Use) Glance(ImageTokenizer tokenizer, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var images = First(count);
        var reconstruction = tokenizer.call(images);
        var sizes = tokenizer.Bottleneck.BookSizes;
        return (Mean(Psnr.PerImage(images, reconstruction.Images)), sizes.Count == 0 ? null : CodebookUse.Joint(reconstruction.Codes, sizes));
    }

    /// <summary>
    /// How much better the pictures are with what the bottleneck computes in training than with what it computes in
    /// evaluation. The tokenizer is left as it was.
    /// </summary>
    /// <param name="tokenizer">In evaluation mode.</param>
    /// <param name="count">Pictures.</param>
    /// <returns>Decibel.</returns>
    public double TrainingGap(ImageTokenizer tokenizer, int count)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var images = First(count);
        var evaluation = Mean(Psnr.PerImage(images, tokenizer.call(images).Images));
        var kept = tokenizer.state_dict().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.clone());
        tokenizer.Bottleneck.train();
        var training = Mean(Psnr.PerImage(images, tokenizer.call(images).Images));
        tokenizer.Bottleneck.eval();
        foreach (var (name, value) in tokenizer.state_dict()) value.copy_(kept[name]); // codebooks learn in every training pass
        return training - evaluation;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { mean, deviation, reference }) tensor.Dispose();
    }

    private IEnumerable<Tensor> Pictures()
    {
        foreach (var batch in test.InOrder(Batch, Normalization.Signed, device))
        {
            batch.Labels.Dispose();
            yield return batch.Images;
        }
    }

    private Tensor First(int count) => Normalization.Signed.Apply(test.Images[..Math.Min(count, test.Count)].to(device).to(ScalarType.Float32) / 255);

    private double Floor()
    {
        var half = reference.shape[0] / 2;
        return FrechetDistance.Between(reference[..(int)half], reference[(int)half..]);
    }

    private double Ceiling()
    {
        var flat = cat([.. Pictures().Select(images => metric.call(images.mean([2, 3], keepdim: true).expand(images.shape)))]);
        return FrechetDistance.Between((flat - mean) / deviation, reference);
    }

    private static double Mean(Tensor values) => values.mean().item<float>();
}
