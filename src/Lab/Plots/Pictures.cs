using SkiaSharp;
using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>
/// Tensors as PNG files. Pixels are enlarged, never smoothed: what is shown is what the tensor holds. A pixel that is
/// not a finite number is shown in magenta. Grounds are transparent and letters grey, for light and dark pages.
/// </summary>
public static class Pictures
{
    private const int Gap = 6, CaptionSize = 11, CaptionHeight = 16;
    private static readonly SKColor ink = new(0x80, 0x80, 0x80);
    private static readonly SKSamplingOptions nearest = new(SKFilterMode.Nearest);

    // SkiaSharp's build without system dependencies knows no installed fonts, and pictures should not depend on them.
    private static readonly Lazy<SKTypeface> typeface = new(() =>
        SKTypeface.FromStream(typeof(Pictures).Assembly.GetManifestResourceStream("fonts/DejaVuSans.subset.ttf")));

    /// <summary>One picture.</summary>
    /// <param name="image">[C, H, W] with 1 or 3 channels, values in [0, 1].</param>
    /// <param name="scale">Screen pixels per picture pixel.</param>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static byte[] Image(Tensor image, int scale = 1)
    {
        if (image.dim() != 3 || image.shape[0] is not (1 or 3) || image.numel() == 0)
            throw new ArgumentException($"A picture is [C, H, W] with 1 or 3 channels, got [{string.Join(", ", image.shape)}].", nameof(image));
        using var bitmap = Raster.FromImage(image);
        return Enlarged(bitmap, scale);
    }

    /// <summary>A matrix in the colours of viridis, dark violet for its smallest and yellow for its largest finite value.</summary>
    /// <param name="matrix">[H, W], any scale.</param>
    /// <param name="scale">Screen pixels per value.</param>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public static byte[] HeatMap(Tensor matrix, int scale = 1)
    {
        if (matrix.dim() != 2 || matrix.numel() == 0)
            throw new ArgumentException($"A heat map shows a matrix [H, W], got [{string.Join(", ", matrix.shape)}].", nameof(matrix));
        using var bitmap = Raster.FromMatrix(matrix);
        return Enlarged(bitmap, scale);
    }

    /// <summary>Pictures in rows with their captions below.</summary>
    public static byte[] Grid(ImageGrid grid)
    {
        var (count, height, width) = ((int)grid.Images.shape[0], (int)grid.Images.shape[2] * grid.Scale, (int)grid.Images.shape[3] * grid.Scale);
        var columns = Math.Min(grid.Columns, count);
        var rows = (count + columns - 1) / columns;
        var rowHeight = height + (grid.Captions is null ? 0 : CaptionHeight);

        using var page = new SKBitmap(columns * (width + Gap) - Gap, rows * (rowHeight + Gap) - Gap);
        using var canvas = new SKCanvas(page);
        canvas.Clear(SKColors.Transparent);
        for (var i = 0; i < count; i++)
        {
            var (x, y) = (i % columns * (width + Gap), i / columns * (rowHeight + Gap));
            using var image = grid.Images[i];
            using var bitmap = Raster.FromImage(image);
            Draw(canvas, bitmap, SKRect.Create(x, y, width, height));
            if (grid.Captions is not null) Write(canvas, grid.Captions[i], x, y + height, width);
        }

        return Raster.Png(page);
    }

    /// <summary>The picture with the token grid, and beside it the weights laid over the greyed picture.</summary>
    public static byte[] TokenMap(TokenMap map)
    {
        var (height, width) = ((int)map.Image.shape[1] * map.Scale, (int)map.Image.shape[2] * map.Scale);
        var top = map.Title.Length > 0 ? CaptionHeight + 2 : 0;
        using var image = Raster.FromImage(map.Image);
        using var weights = Raster.FromMatrix(map.Weights);

        using var page = new SKBitmap(2 * width + Gap, top + height);
        using var canvas = new SKCanvas(page);
        canvas.Clear(SKColors.Transparent);
        if (top > 0) Write(canvas, map.Title, 0, 0, page.Width);

        var (left, right) = (SKRect.Create(0, top, width, height), SKRect.Create(width + Gap, top, width, height));
        Draw(canvas, image, left);
        using var grey = new SKPaint { ColorFilter = SKColorFilter.CreateColorMatrix(luminance) };
        using var veil = new SKPaint { Color = SKColors.White.WithAlpha(170) };
        Draw(canvas, image, right, grey);
        Draw(canvas, weights, right, veil);
        foreach (var panel in new[] { left, right }) DrawTokenBorders(canvas, panel, (int)map.Weights.shape[0], (int)map.Weights.shape[1]);
        return Raster.Png(page);
    }

    // Rec. 709 weights: the picture's shape stays visible below the weights without its colours.
    private static readonly float[] luminance =
    [
        0.2126f, 0.7152f, 0.0722f, 0, 0,
        0.2126f, 0.7152f, 0.0722f, 0, 0,
        0.2126f, 0.7152f, 0.0722f, 0, 0,
        0, 0, 0, 1, 0,
    ];

    private static void DrawTokenBorders(SKCanvas canvas, SKRect panel, int rows, int columns)
    {
        using var line = new SKPaint { Color = SKColors.White.WithAlpha(90), StrokeWidth = 1 };
        for (var row = 1; row < rows; row++)
        {
            var y = panel.Top + panel.Height * row / rows + 0.5f;
            canvas.DrawLine(panel.Left, y, panel.Right, y, line);
        }

        for (var column = 1; column < columns; column++)
        {
            var x = panel.Left + panel.Width * column / columns + 0.5f;
            canvas.DrawLine(x, panel.Top, x, panel.Bottom, line);
        }
    }

    private static byte[] Enlarged(SKBitmap bitmap, int scale)
    {
        if (scale < 1) throw new ArgumentOutOfRangeException(nameof(scale), scale, "A value takes at least one screen pixel.");
        using var page = new SKBitmap(bitmap.Width * scale, bitmap.Height * scale);
        using var canvas = new SKCanvas(page);
        Draw(canvas, bitmap, SKRect.Create(page.Width, page.Height));
        return Raster.Png(page);
    }

    private static void Draw(SKCanvas canvas, SKBitmap bitmap, SKRect where, SKPaint? paint = null)
    {
        using var image = SKImage.FromBitmap(bitmap);
        canvas.DrawImage(image, where, nearest, paint);
    }

    private static void Write(SKCanvas canvas, string text, float x, float y, float width)
    {
        using var font = new SKFont(typeface.Value, CaptionSize);
        using var paint = new SKPaint { Color = ink, IsAntialias = true };
        var shown = text;
        for (var length = text.Length; length > 0 && font.MeasureText(shown) > width; length--) shown = text[..(length - 1)] + "…";
        canvas.DrawText(shown, x, y + CaptionSize + 1, SKTextAlign.Left, font, paint);
    }
}
