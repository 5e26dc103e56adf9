using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge.Priors;
using Lab.Plots;
using Lab.Quantization;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>The notebook's pictures.</summary>
public static class TokenBridgeFigures
{
    private const int Pictures = 256; // enough for a histogram
    private const int StripLevels = 16; // of the histograms of pairs

    /// <summary>How the latents are spread, and where the quantizer's values lie.</summary>
    /// <param name="run">Part 1.</param>
    /// <param name="images">Pictures.</param>
    /// <param name="levels">B.</param>
    /// <param name="range">a.</param>
    public static GenericChart Histogram(BridgeRun run, LabeledImages images, int levels, double range)
    {
        const int Reach = 6;
        const int Bins = 96;
        using var scope = NewDisposeScope();
        var latents = (LatentStats.Latents(run.Continuous.Tokenizer, images, Pictures) * run.Stats.Scale).cpu();
        double[] centres = [.. Enumerable.Range(0, Bins).Select(bin => -Reach + 2.0 * Reach * (bin + 0.5) / Bins)];
        using var quantizer = new GaussianScalarQuantizer(1, levels, range);
        double[] values = [.. quantizer.Values.data<float>().Select(value => (double)value)];
        var (narrow, wide) = (Extreme(deviation => deviation), Extreme(deviation => -deviation));
        return Charts.Lines(
        [
            Density("all channels", latents), Density($"channel {narrow}, the narrowest", latents.select(1, narrow)), Density($"channel {wide}, the widest", latents.select(1, wide)),
            new("normal", centres, [.. centres.Select(x => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI))]),
            new($"{levels} values", [.. values.SelectMany(value => new[] { value, value, double.NaN })], [.. values.SelectMany(_ => new[] { 0, 0.1, double.NaN })]),
        ], "latent, scaled to unit deviation", "density", $"Latents and the values of B = {levels} within ±{range}");

        int Extreme(Func<double, double> key) => run.Stats.Deviations.Index().MinBy(channel => key(channel.Item)).Index;

        Series Density(string name, Tensor numbers)
        {
            using var counts = numbers.flatten().histc(Bins, -Reach, Reach);
            return new(name, centres, [.. counts.data<float>().Select(count => count / (double)numbers.numel() * Bins / (2.0 * Reach))]);
        }
    }

    /// <summary>Quality while training, on some test pictures; every seed is a line.</summary>
    /// <param name="runs">Part 1.</param>
    public static GenericChart Curves(BridgeRuns runs) => Charts.Lines(
        [.. runs.Items.SelectMany(run => new[] { run.Continuous, run.Book }.Select(trained => new Series($"{trained.Name}, seed {run.Seed}",
            [.. trained.Curve.Select(point => (double)point.Step)], [.. trained.Curve.Select(point => point.Metrics[TokenBridgeExperiment.PsnrName])])))],
        "step", "PSNR in dB", "Two tokenizers while they learn");

    /// <summary>What the heads of the first seed paid while training; heads on one backbone are one line, the sum.</summary>
    /// <param name="runs">Part 2.</param>
    public static GenericChart Losses(PriorRuns runs) => Charts.LossCurve(
        [.. runs.Items.Where(run => run.Seed == runs.Items[0].Seed && run.Arm.HasTokens).DistinctBy(run => run.Training.History).Select(run => new Series(run.Training.History[0].Run,
            [.. run.Training.History.Select(point => (double)point.Step)], [.. run.Training.History.Select(point => point.Loss)]))],
        "Heads of tokens while they learn, in nats");

    /// <summary>A picture after the continuous autoencoder, after fewer and fewer levels, and after the learned book; below, how far each is off, five times as bright.</summary>
    /// <param name="run">Part 1.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Strip(BridgeRun run, Tensor pixels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var unit = pixels.to(ScalarType.Float32) / 255;
        var (tokenizer, device) = (run.Continuous.Tokenizer, run.Continuous.Tokenizer.parameters().First().device);
        var signed = Normalization.Signed.Apply(unit.unsqueeze(0)).to(device);
        List<(string Name, Tensor Picture)> shown = [("picture", unit), ("continuous", Shown(tokenizer.call(signed).Images))];
        foreach (var levels in new[] { 64, 16, 8, 4, 2 })
        {
            using var quantized = PostTrainingBottleneck.Quantize(tokenizer, new GaussianScalarQuantizer(tokenizer.Config.ZChannels, levels), run.Stats.Scale);
            shown.Add(($"B = {levels}", Shown(quantized.call(signed).Images)));
        }
        shown.Add(("VQ", Shown(run.Book.Tokenizer.call(signed).Images)));
        var errors = shown.Select(s => 5 * (s.Picture - unit).abs());
        return new(stack([.. shown.Select(s => s.Picture), .. errors]).MoveToOuterDisposeScope(), [.. shown.Select(s => s.Name), .. shown.Select((_, i) => i == 0 ? "" : "error x 5")], Columns: shown.Count, Scale: 3);

        static Tensor Shown(Tensor images) => (images[0].cpu().clamp(-1, 1) + 1) / 2;
    }

    /// <summary>PSNR by levels and range, mean over seeds.</summary>
    /// <param name="runs">Part 1.</param>
    public static GenericChart Heat(BridgeRuns runs) => Charts.HeatMap(
        [.. TokenBridgeExperiment.Levels.Select(levels => $"{levels}")], [.. TokenBridgeExperiment.Ranges.Select(range => $"±{range}")],
        [.. TokenBridgeExperiment.Levels.Select(levels => (IReadOnlyList<double>)[.. TokenBridgeExperiment.Ranges.Select(range => runs.Items.Average(run => run.Sweep[levels, range].Psnr))])],
        "range", "values per channel", "PSNR in dB", FormattableString.Invariant($"Quantized after training; continuous: {runs.Items.Average(run => run.Sweep.ContinuousPsnr):F2} dB"));

    /// <summary>The error of the latents by range, of normal numbers and of those that are there.</summary>
    /// <param name="runs">Part 1.</param>
    public static GenericChart RangeError(BridgeRuns runs)
    {
        var ranges = TokenBridgeExperiment.Ranges;
        int[] shown = [64, 16];
        return Charts.Lines(
            [.. shown.SelectMany(levels => new[]
            {
                new Series($"latents, B = {levels}", ranges, [.. ranges.Select(range => runs.Items.Average(run => run.Sweep[levels, range].LatentError))]),
                new Series($"normal numbers, B = {levels}", ranges, [.. ranges.Select(range => PostTraining.NormalError(ScalarTable.Gaussian, levels, range))]),
            })],
            "range a", "mean squared error", "Heavy tails ask for a wider range than normal numbers do", logY: true);
    }

    /// <summary>What bits buy, mean over seeds.</summary>
    /// <param name="runs">Part 1.</param>
    public static GenericChart Rate(BridgeRuns runs)
    {
        var channels = runs.Items[0].Continuous.Tokenizer.Config.ZChannels;
        return Charts.Scatter(
        [
            Points("Gaussian table", ScalarTable.Gaussian, point => Math.Log2(point.Levels)), Points("uniform table", ScalarTable.Uniform, point => Math.Log2(point.Levels)),
            Points("Gaussian, entropy coded", ScalarTable.Gaussian, point => point.EntropyBits), Points("uniform, entropy coded", ScalarTable.Uniform, point => point.EntropyBits),
            new(runs.Items[0].Book.Name, [runs.Items[0].Book.Tokenizer.Bottleneck.BitsPerPosition], [runs.Items.Average(run => run.Book.Score.Psnr)]),
        ], "bits of a position", "PSNR in dB", "Bits and quality");

        Series Points(string name, ScalarTable table, Func<QuantizationPoint, double> bits)
        {
            var points = TokenBridgeExperiment.Levels.Select(levels => runs.Items.Select(run => run.Sweep[levels, TokenBridgeExperiment.MainRange, table]).ToArray()).ToArray();
            return new(name, [.. points.Select(p => channels * p.Average(bits))], [.. points.Select(p => p.Average(point => point.Psnr))]) { Hover = [.. TokenBridgeExperiment.Levels.Select(levels => $"B = {levels}")] };
        }
    }

    /// <summary>What channels of a position tell about each other: the loss of predicting them all at once.</summary>
    /// <param name="run">Part 1.</param>
    /// <param name="images">Pictures.</param>
    public static GenericChart Information(BridgeRun run, LabeledImages images)
    {
        using var scope = NewDisposeScope();
        var latents = LatentStats.Latents(run.Continuous.Tokenizer, images, 4 * Pictures) * run.Stats.Scale;
        using var quantizer = new GaussianScalarQuantizer((int)latents.shape[1], StripLevels);
        var shared = ChannelInformation.Mutual(quantizer.call(latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])).Codes.cpu(), StripLevels);
        string[] names = [.. shared.Select((_, channel) => $"{channel}")];
        return Charts.HeatMap(names, names, [.. shared.Select((row, i) => (IReadOnlyList<double>)[.. row.Select((bits, j) => i == j ? double.NaN : bits)])],
            "channel", "channel", "bits", $"Mutual information of channels, B = {StripLevels}");
    }

    /// <summary>How slowly channels change over the grid, in the order of generation.</summary>
    /// <param name="run">Part 1.</param>
    public static GenericChart Frequencies(BridgeRun run) => Charts.Bars(
        [.. run.Order.Channels.Select(channel => $"channel {channel}")], [new("low frequencies", [.. run.Order.Channels.Select(channel => 100 * run.Order.LowShares[channel])])],
        "% of the energy", "Slow channels first");

    /// <summary>What every head generates when asked for the same classes, one row each.</summary>
    /// <param name="runs">Part 2.</param>
    /// <param name="seed">Whose.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Samples(PriorRuns runs, long seed)
    {
        using var scope = NewDisposeScope();
        PriorRun[] rows = [.. runs.Items.Where(run => run.Seed == seed)];
        var columns = (int)rows[0].Samples.shape[0];
        var pictures = cat([.. rows.Select(run => run.Samples)]).clamp(-1, 1);
        string[] captions = [.. rows.SelectMany(run => Enumerable.Range(0, columns).Select(i => i == 0 ? run.Arm.Name : ""))];
        return new(((pictures + 1) / 2).MoveToOuterDisposeScope(), captions, Columns: columns, Scale: 3);
    }

    /// <summary>A picture while it is generated, step by step; what is unknown is decoded from zeros.</summary>
    /// <param name="run">Decodes.</param>
    /// <param name="prior">Generates.</param>
    /// <param name="labels">[B] int64: one row each.</param>
    /// <param name="sampling">How.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Stages(BridgeRun run, TrainedPrior prior, Tensor labels, MaskedSampling sampling)
    {
        const int Shown = 8;
        using var scope = NewDisposeScope();
        var stages = prior.Stages(labels, sampling);
        var every = (stages.Count + Shown - 1) / Shown;
        Tensor[] kept = [.. stages.Where((_, step) => (stages.Count - 1 - step) % every == 0)]; // the last one in any case
        var decoded = stack([.. kept.Select(run.Decode)], 1).flatten(0, 1).cpu().clamp(-1, 1); // [B T, 3, S, S]
        foreach (var stage in stages) stage.Dispose();
        return new(((decoded + 1) / 2).MoveToOuterDisposeScope(), null, Columns: kept.Length, Scale: 3);
    }
}
