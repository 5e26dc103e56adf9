using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>Lines on pictures.</summary>
internal static class Drawing
{
    private const long Line = 3;

    /// <summary>Frames a square; what lies outside of the picture is cut off.</summary>
    /// <param name="canvas">[3, H scale, W scale]; is changed.</param>
    /// <param name="top">In pixels of the picture.</param>
    /// <param name="left">In pixels of the picture.</param>
    /// <param name="size">In pixels of the picture.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <param name="colour">Red, green and blue in [0, 1].</param>
    public static void Frame(Tensor canvas, long top, long left, long size, int scale, float[] colour)
    {
        using var scope = NewDisposeScope();
        var ink = tensor(colour).view(3, 1, 1);
        var (height, width) = (canvas.shape[1], canvas.shape[2]);
        var (t, l) = (Math.Max(0, top * scale), Math.Max(0, left * scale));
        var (b, r) = (Math.Min(height, (top + size) * scale), Math.Min(width, (left + size) * scale));
        (long Y, long X, long Height, long Width)[] sides = [(t, l, Line, r - l), (b - Line, l, Line, r - l), (t, l, b - t, Line), (t, r - Line, b - t, Line)];
        foreach (var (y, x, h, w) in sides)
            if (h > 0 && w > 0) canvas.narrow(1, y, h).narrow(2, x, w).copy_(ink);
    }
}
