using Lab.Plots;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>The notebook's pictures.</summary>
public static class T2TFigures
{
    private static readonly float[][] colours = [[0, 0.62f, 0.45f], [0, 0.45f, 0.70f], [0.90f, 0.62f, 0]];

    /// <summary>The pixels that a token and its neighbours to the right and below see, framed: on the left after the first split, on the right after all.</summary>
    /// <param name="options">Whose splits.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="token">In raster order of the last grid.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No token of that number.</exception>
    public static ImageGrid Windows(T2TOptions options, Tensor pixels, int token, int scale = 10)
    {
        if ((uint)token >= options.Tokens) throw new ArgumentOutOfRangeException(nameof(token), token, $"Tokens are 0..{options.Tokens - 1}.");
        using var scope = NewDisposeScope();
        var (row, column) = Math.DivRem(token, options.Grids[^1]);
        var ratio = options.Grids[0] / options.Grids[^1];
        var shown = new[] { (Splits: options.Splits.Take(1).ToArray(), Row: row * ratio, Column: column * ratio), (Splits: options.Splits.ToArray(), Row: row, Column: column) }
            .Select(view => Framed(pixels, view.Splits, view.Row, view.Column, scale)).ToArray();
        var sizes = new[] { Field(options.Splits.Take(1)), Field(options.Splits) };
        return new(stack([.. shown]).MoveToOuterDisposeScope(), [.. sizes.Select((field, i) => $"after {(i == 0 ? "the first split" : "all")}: {field.Size} pixels, one token every {field.Stride}")], Columns: 2, Scale: 1);
    }

    /// <summary>How much of every pixel around a token's cell can be read off the token, in white noise before training, mean over seeds: a slide per model.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart ContextMaps(T2TResults results) => Charts.Slides(
        [.. results.Arms.Select(results.Of).Select(runs => (runs[0].Arm.Name, ContextMap(runs)))], "model");

    /// <summary>Test accuracy over training images seen, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart AccuracyCurves(T2TResults results) => Charts.Lines(
        [.. results.Arms.Select(results.Of).Select(runs => new Series(runs[0].Arm.Name,
            [.. runs[0].Score.Curve.Select(point => (double)point.Samples)], [.. runs[0].Score.Curve.Select((_, i) => runs.Average(run => run.Score.Curve[i].TestAccuracy))])
        {
            Hover = [.. runs[0].Score.Curve.Select(_ => FormattableString.Invariant($"{runs[0].Arm.Name}: {runs[0].Score.Macs.Total / 1e6:F1} MMAC a picture"))],
        })],
        "training images seen", "test accuracy in %", "Accuracy while training");

    /// <summary>Tokens and multiply-adds of attention behind every split of a picture, for both kinds of attention.</summary>
    /// <param name="options">Whose splits.</param>
    /// <param name="sizes">Sides of pictures.</param>
    public static GenericChart Funnel(T2TOptions options, IReadOnlyList<int> sizes)
    {
        var m = (int)(options.KernelRatio * options.TokenDim);
        var layers = sizes.Select(size => (options with { ImageSize = size }).Grids.SkipLast(1).Sum(grid => Performer((long)grid * grid))).ToArray();
        var softmax = sizes.Select(size => (options with { ImageSize = size }).Grids.SkipLast(1).Sum(grid => 2.0 * grid * grid * grid * grid * options.TokenDim)).ToArray();
        double[] x = [.. sizes.Select(size => (double)size)];
        return Charts.Lines(
            [new("Performer", x, [.. layers.Select(macs => macs / 1e6)]), new("softmax", x, [.. softmax.Select(macs => macs / 1e6)])],
            "side of the picture in pixels", "attention in the T2T module, MMAC", "What attention between splits costs", logX: true, logY: true);

        double Performer(long tokens) => tokens * (4.0 * m * options.TokenDim + m);
    }

    /// <summary>The first channels behind every layer of the T2T module, each stretched to the full range.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">With a T2T module.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="channels">So many of each layer.</param>
    /// <returns>A grid per layer, whose tensors are the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">A model without a T2T module.</exception>
    public static IReadOnlyList<ImageGrid> Stages(T2TResults results, T2TRun run, Tensor pixels, int channels = 16)
    {
        if (run.Model.Tokenizer is not T2TModule module) throw new ArgumentException($"'{run.Arm.Name}' has no T2T module.", nameof(run));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return [.. module.Stages(Input(results, run, pixels)).Select((stage, i) =>
        {
            var maps = stage[0].narrow(0, 0, Math.Min(channels, stage.shape[1])).unsqueeze(1).cpu(); // [c, 1, s, s]
            var (low, high) = (maps.amin([2, 3], keepdim: true), maps.amax([2, 3], keepdim: true));
            return new ImageGrid(((maps - low) / (high - low).clamp_min(1e-12)).MoveToOuterDisposeScope(), Columns: 8, Scale: Math.Max(1, 64 / (int)maps.shape[^1]));
        })];
    }

    /// <summary>How much the class token looks at every token of a picture.</summary>
    /// <param name="results">That the run belongs to.</param>
    /// <param name="run">Whose model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <returns>A map whose tensors are the caller's to dispose.</returns>
    public static TokenMap ClassAttention(T2TResults results, T2TRun run, Tensor pixels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var grid = run.Arm.Model.Grids[^1];
        var weights = run.Model.ClassAttention(Input(results, run, pixels))[0].view(grid, grid).cpu();
        return new((pixels.to(ScalarType.Float32) / 255).MoveToOuterDisposeScope(), weights.MoveToOuterDisposeScope(), $"{run.Arm.Name}: class token's attention");
    }

    private static GenericChart ContextMap(IReadOnlyList<T2TRun> runs)
    {
        var first = runs[0].Untrained;
        string[] places = [.. Enumerable.Range(0, first.Map.Count).Select(i => $"{i - ContextProbe.Margin}")];
        return Charts.HeatMap(places, places,
            [.. first.Map.Select((row, y) => (IReadOnlyList<double>)[.. row.Select((_, x) => Math.Max(0, runs.Average(run => run.Untrained.Map[y][x])))])],
            $"pixels from the left of the cell, which is {first.Cell} wide", "from its top", "share of variance", $"{runs[0].Arm.Name}: what a token knows");
    }

    // Pixels that a token sees, pixels from one token to the next, and where the first starts.
    private static (int Size, int Stride, int Start) Field(IEnumerable<Split> splits)
    {
        var field = (Size: 1, Stride: 1, Start: 0);
        foreach (var split in splits)
            field = (field.Size + (split.Kernel - 1) * field.Stride, field.Stride * split.Stride, field.Start - split.Padding * field.Stride);
        return field;
    }

    private static Tensor Framed(Tensor pixels, IReadOnlyList<Split> splits, int row, int column, int scale)
    {
        var field = Field(splits);
        var canvas = (pixels.to(ScalarType.Float32) / 255).repeat_interleave(scale, 1).repeat_interleave(scale, 2);
        (int Row, int Column)[] places = [(row + 1, column), (row, column + 1), (row, column)];
        foreach (var ((y, x), colour) in places.Zip(colours))
            Drawing.Frame(canvas, field.Start + y * field.Stride, field.Start + x * field.Stride, field.Size, scale, colour);
        return canvas;
    }

    private static Tensor Input(T2TResults results, T2TRun run, Tensor pixels) =>
        results.Normalization.Apply(pixels.unsqueeze(0).to(ScalarType.Float32) / 255).to(run.Model.parameters().First().device);
}
