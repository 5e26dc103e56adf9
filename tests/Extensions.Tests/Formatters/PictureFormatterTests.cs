using Lab.Plots;
using Lab.Runtime;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Extensions.Tests.Formatters;

public sealed class PictureFormatterTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void A_grid_is_html_png_and_text()
    {
        var grid = new ImageGrid(zeros(2, 1, 4, 4), ["cat", "dog"]);
        Assert.Equal(["text/html", "image/png", "text/plain"], Shown.MimeTypes(grid));
        Assert.Equal("2 pictures, 4 x 4: cat, dog", Shown.Text(grid));
    }

    [Fact]
    public void The_png_holds_the_pixels_enlarged_and_a_row_for_captions()
    {
        var images = zeros(3, 3, 2, 2);
        images[1, 1].fill_(1); // the second picture is green
        using var plain = Shown.Png(new ImageGrid(images, Columns: 2, Scale: 10));
        Assert.Equal((46, 46), (plain.Width, plain.Height)); // 2 x 20 pixels and a gap of 6
        Assert.Equal(SKColors.Black, plain.GetPixel(10, 10));
        Assert.Equal(new SKColor(0, 255, 0), plain.GetPixel(36, 10));
        Assert.Equal(0, plain.GetPixel(36, 36).Alpha); // no fourth picture

        using var captioned = Shown.Png(new ImageGrid(images, ["a", "b", "c"], 2, 10));
        Assert.Equal(46 + 2 * 16, captioned.Height);
        Assert.Contains(Enumerable.Range(0, 20), x => Enumerable.Range(20, 16).Any(y => captioned.GetPixel(x, y).Alpha > 100));
    }

    [Fact]
    public void Captions_are_escaped_in_html()
    {
        var html = Shown.Html(new ImageGrid(zeros(1, 1, 4, 4), ["<script>alert(1)</script>\" onload=\"x"]));
        Assert.DoesNotContain("<script>alert", html);
        Assert.DoesNotContain("\" onload=\"x", html);
        Assert.Contains("&lt;script&gt;", html);
    }

    [Fact]
    public void Values_outside_the_unit_interval_are_clipped_and_nan_is_magenta()
    {
        using var picture = Shown.FirstImage(Shown.Html(new ImageGrid(tensor([2f, -1f, float.NaN, 0.5f]).reshape(1, 1, 2, 2))));
        Assert.Equal([SKColors.White, SKColors.Black, new(255, 0, 200), new(128, 128, 128)], picture.Pixels);
    }

    [Fact]
    public void A_token_map_has_the_picture_left_and_the_weights_right()
    {
        var map = new TokenMap(zeros(3, 4, 4), tensor(new float[,] { { 0, 1 }, { 1, 0 } }), "pool", Scale: 10);
        Assert.Equal(["text/html", "image/png", "text/plain"], Shown.MimeTypes(map));
        Assert.Equal("Token map pool: 2 x 2 tokens, dark 0 to bright 1", Shown.Text(map));

        using var page = Shown.Png(map);
        Assert.Equal((86, 58), (page.Width, page.Height)); // two panels of 40, a gap, a title
        Assert.Equal(SKColors.Black, page.GetPixel(10, 28));
        var (dark, bright) = (page.GetPixel(46 + 10, 28), page.GetPixel(46 + 30, 28));
        Assert.True(bright.Green > 100 && dark.Green < 20, $"{dark} {bright}");
    }

    [Fact]
    public void Disposed_pictures_say_so()
    {
        var (images, weights) = (zeros(1, 1, 4, 4), ones(2, 2));
        var (grid, map) = (new ImageGrid(images), new TokenMap(zeros(1, 4, 4), weights));
        images.Dispose();
        weights.Dispose();
        Assert.Contains("disposed", Shown.Html(grid));
        Assert.Contains("disposed", Shown.Html(map));
    }

    [Fact]
    public void Wrong_shapes_are_refused_when_the_record_is_made()
    {
        Assert.Contains("[N, C, H, W]", Assert.Throws<ArgumentException>(() => new ImageGrid(zeros(3, 4, 4))).Message);
        Assert.Contains("2 captions for 1 images", Assert.Throws<ArgumentException>(() => new ImageGrid(zeros(1, 1, 4, 4), ["a", "b"])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageGrid(zeros(1, 1, 4, 4), Columns: 0));
        Assert.Contains("[3, 3] are not a grid", Assert.Throws<ArgumentException>(() => new TokenMap(zeros(1, 4, 4), ones(3, 3))).Message);
        Assert.Throws<ArgumentException>(() => new TokenMap(zeros(2, 4, 4), ones(2, 2)));
        Assert.Contains("[H, W]", Assert.Throws<ArgumentException>(() => Pictures.HeatMap(zeros(3))).Message);
        Assert.Contains("1 or 3 channels", Assert.Throws<ArgumentException>(() => Pictures.Image(zeros(2, 4, 4))).Message);
    }

    [Fact]
    public void A_constant_matrix_has_the_middle_colour()
    {
        using var map = SKBitmap.Decode(Pictures.HeatMap(ones(2, 2), scale: 3));
        Assert.Equal((6, 6), (map.Width, map.Height));
        Assert.Equal(new SKColor(0x21, 0x91, 0x8c), map.GetPixel(5, 5));
    }

    [Fact]
    public void Drawing_leaves_no_tensor_behind()
    {
        var (grid, map) = (new ImageGrid(rand(4, 3, 8, 8)), new TokenMap(rand(3, 8, 8), rand(2, 2)));
        var before = Setup.LiveTensorsAfterCollection();
        foreach (var value in new object[] { grid, map })
        {
            Shown.Html(value);
            Shown.Png(value).Dispose();
        }

        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }
}
