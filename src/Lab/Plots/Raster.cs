using System.Runtime.InteropServices;
using SkiaSharp;
using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>Tensors as bitmaps, one bitmap pixel per value.</summary>
internal static class Raster
{
    /// <param name="image">[C, H, W] with 1 or 3 channels; values are clipped to [0, 1].</param>
    public static SKBitmap FromImage(Tensor image)
    {
        var (channels, height, width) = ((int)image.shape[0], (int)image.shape[1], (int)image.shape[2]);
        var values = Values(image);
        var plane = height * width;
        var pixels = new SKColor[plane];
        for (var i = 0; i < plane; i++)
        {
            var (red, green, blue) = channels == 1 ? (values[i], values[i], values[i]) : (values[i], values[plane + i], values[2 * plane + i]);
            pixels[i] = float.IsFinite(red + green + blue) ? new SKColor(Byte(red), Byte(green), Byte(blue)) : Viridis.NotFinite;
        }

        return new SKBitmap(width, height) { Pixels = pixels };
    }

    /// <param name="matrix">[H, W], any scale: the smallest finite value is the darkest, the largest the brightest.</param>
    public static SKBitmap FromMatrix(Tensor matrix)
    {
        var values = Values(matrix);
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in values.Where(float.IsFinite)) (low, high) = (Math.Min(low, value), Math.Max(high, value));

        var pixels = new SKColor[values.Length];
        for (var i = 0; i < pixels.Length; i++) // doubles: the span of two floats need not be one
            pixels[i] = float.IsFinite(values[i]) ? Viridis.At(high > low ? (float)(((double)values[i] - low) / ((double)high - low)) : 0.5f) : Viridis.NotFinite;
        return new SKBitmap((int)matrix.shape[1], (int)matrix.shape[0]) { Pixels = pixels };
    }

    public static byte[] Png(SKBitmap bitmap)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var cpu = tensor.detach().to(ScalarType.Float32, CPU).contiguous();
        return MemoryMarshal.Cast<byte, float>(cpu.bytes).ToArray();
    }

    private static byte Byte(float value) => (byte)MathF.Round(Math.Clamp(value, 0, 1) * 255);
}
