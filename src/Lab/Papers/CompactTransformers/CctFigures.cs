using System.Globalization;
using Lab.Metrics;
using Lab.Plots;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>The notebook's pictures.</summary>
public static class CctFigures
{
    /// <summary>Test accuracy over training images seen, one line per arm, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="logX">Logarithmic horizontal axis.</param>
    public static GenericChart AccuracyCurves(CctResults results, bool logX = false) => Charts.Lines(
        [.. results.Arms.Select(arm => Curve(arm, results.Of(arm)))],
        "training images seen", "test accuracy in %", "Accuracy while training", logX);

    /// <summary>
    /// Test accuracy over parameters: ours on the left axis, mean over seeds; the paper's on CIFAR-10 after 200 epochs on an axis of its own.
    /// </summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyOverParameters(CctResults results)
    {
        var ours = results.Arms.Select(results.Of).Where(runs => runs[0].Arm.DataShare == 1).ToArray();
        return Charts.Scatter(
        [
            new("here (left axis)", [.. ours.Select(runs => runs[0].Parameters / 1e6)], [.. ours.Select(Mean)])
            {
                Hover = [.. ours.Select(runs => runs[0].Arm.Name)],
            },
            new("reported, 200 epochs (right axis)", [.. CctReported.All.Select(r => r.ParametersInMillions)], [.. CctReported.All.Select(r => r.Cifar10)])
            {
                Hover = [.. CctReported.All.Select(r => r.Model)],
            },
        ], "parameters in millions", "test accuracy here in %", "Accuracy and size", logX: true).WithRightAxis("reported on CIFAR-10 in %", traces: 1);
    }

    /// <summary>What removing the positions costs CVT and CCT, in points of test accuracy; bars are means over seeds, whiskers deviations.</summary>
    /// <param name="results">With both families, with and without positions.</param>
    /// <exception cref="ArgumentException">An arm is missing.</exception>
    public static GenericChart PositionDrops(CctResults results)
    {
        CompactFamily[] families = [CompactFamily.CVT, CompactFamily.CCT];
        var drops = families.Select(family =>
        {
            var (with, without) = (results.Find(family), results.Find(family, positions: false));
            if (with.Count == 0 || without.Count == 0)
                throw new ArgumentException($"The results lack {family} with or without positions.", nameof(results));
            return Spread.Of(CctResults.Drops(with, without));
        }).ToArray();
        return Charts.Bars(
            [.. families.Select(CctOptions.FamilyName)],
            [new("without positions", [.. drops.Select(d => d.Mean)]) { Spread = [.. drops.Select(d => d.Deviation)] }],
            "accuracy lost in points", "What removing the positions costs");
    }

    /// <summary>What every token counts in the answer to one picture: pooling weights, or the class token's attention.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[C, H, W] uint8.</param>
    /// <returns>A map whose tensors are the caller's to dispose.</returns>
    public static TokenMap TokenMap(CctResults results, CctRun run, Tensor pixels)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var image = pixels.to(ScalarType.Float32) / 255;
        var device = run.Model.FirstKernels.device;
        var weights = run.Model.TokenWeights(results.Normalization.Apply(image.unsqueeze(0)).to(device))[0].cpu();
        var title = run.Model.Options.Pooling == Pooling.Class ? "class token's attention" : "pooling weights";
        return new(image.MoveToOuterDisposeScope(), weights.MoveToOuterDisposeScope(), $"{run.Arm.Name}: {title}");
    }

    /// <summary>The filters that first meet the pixels, as colour tiles, each stretched to the full range.</summary>
    /// <param name="model">With 3 channels.</param>
    /// <param name="count">Tiles at most.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid FirstKernels(CompactTransformer model, int count = 64)
    {
        using var scope = NewDisposeScope();
        var kernels = model.FirstKernels.detach().cpu();
        kernels = kernels.narrow(0, 0, Math.Min(count, kernels.shape[0])); // [n, 3, k, k]
        var (low, high) = (kernels.amin([1, 2, 3], keepdim: true), kernels.amax([1, 2, 3], keepdim: true));
        return new(((kernels - low) / (high - low).clamp_min(1e-12)).MoveToOuterDisposeScope(), Columns: 16, Scale: 36 / (int)kernels.shape[^1]);
    }

    /// <summary>The pixels that a token and its neighbours to the right and below see, framed in the picture.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="pixels">[3, H, W] uint8.</param>
    /// <param name="row">Of the token.</param>
    /// <param name="column">Of the token.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <returns>One drawing; its tensor is the caller's to dispose.</returns>
    public static ImageGrid ReceptiveFields(CompactTransformer model, Tensor pixels, int row, int column, int scale = 10)
    {
        using var scope = NewDisposeScope();
        var field = model.TokenField;
        var canvas = (pixels.to(ScalarType.Float32) / 255).repeat_interleave(scale, 1).repeat_interleave(scale, 2); // [3, H * scale, W * scale]
        (int Row, int Column, float[] Colour)[] tokens = [(row + 1, column, [0, 0.62f, 0.45f]), (row, column + 1, [0, 0.45f, 0.70f]), (row, column, [0.90f, 0.62f, 0])];
        foreach (var token in tokens)
            Drawing.Frame(canvas, field.Start + token.Row * field.Stride, field.Start + token.Column * field.Stride, field.Size, scale, token.Colour);
        return new(canvas.unsqueeze(0).MoveToOuterDisposeScope(), [$"{field.Size}x{field.Size} pixels per token, one token every {field.Stride}"], Columns: 1, Scale: 1);
    }

    private static Series Curve(CctArm arm, IReadOnlyList<CctRun> runs)
    {
        var points = runs[0].Curve.Select((point, i) => (point.Samples, Accuracy: runs.Average(r => r.Curve[i].TestAccuracy), Loss: runs.Average(r => r.Curve[i].Loss))).ToArray();
        return new(arm.Name, [.. points.Select(p => (double)p.Samples)], [.. points.Select(p => p.Accuracy)])
        {
            Hover = [.. points.Select(p => string.Create(CultureInfo.InvariantCulture,
                $"{arm.Name}: loss {p.Loss:F2}, {runs[0].Parameters / 1e6:F3} M parameters, {runs[0].Macs.Total / 1e6:F1} MMAC"))],
        };
    }

    private static double Mean(IReadOnlyList<CctRun> runs) => runs.Average(r => r.TestAccuracy);
}
