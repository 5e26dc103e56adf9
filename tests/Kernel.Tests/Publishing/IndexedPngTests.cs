using Lab.Kernel.Publishing;
using SkiaSharp;

namespace Kernel.Tests.Publishing;

public class IndexedPngTests
{
    [Fact]
    public void A_picture_of_few_colours_keeps_them_all_in_fewer_bytes()
    {
        var png = Draw(300, 200, (x, y) => new SKColor((byte)(x / 100 * 20), (byte)(y / 20 * 20), 7));
        var indexed = IndexedPng.Of(png);
        Assert.Equal(Pixels(png), Pixels(indexed));
        Assert.True(indexed.Length < png.Length, $"{png.Length} -> {indexed.Length}");
    }

    [Fact]
    public void Of_many_colours_the_rare_ones_become_near_ones()
    {
        // White, and a field of some 1,000 shades without order.
        var random = new Random(1);
        var png = Draw(200, 100, (_, y) => y < 50 ? SKColors.White : Shade(random.Next(20, 220), random.Next(5)));
        var (before, after) = (Pixels(png), Pixels(IndexedPng.Of(png)));
        Assert.Equal(before.Take(200 * 50), after.Take(200 * 50));
        Assert.Equal(40, after.Distinct().Count());
        Assert.All(before.Zip(after), pair => Assert.InRange(Math.Abs(pair.First.Blue - pair.Second.Blue) + Math.Abs(pair.First.Red - pair.Second.Red), 0, 30));

        static SKColor Shade(int grey, int blue) => new((byte)grey, (byte)grey, (byte)(grey + 5 * blue));
    }

    [Fact]
    public void Where_something_shines_through_it_stays_as_it_is()
    {
        var png = Draw(8, 8, (x, _) => new SKColor(1, 2, 3, (byte)(x * 30)));
        Assert.Same(png, IndexedPng.Of(png));
    }

    [Fact]
    public void Other_bytes_are_refused() => Assert.Throws<PublicationException>(() => IndexedPng.Of([1, 2, 3]));

    private static byte[] Draw(int width, int height, Func<int, int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(width, height) { Pixels = [.. Enumerable.Range(0, width * height).Select(i => colour(i % width, i / width))] };
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Up, zLibLevel: 1)); // as browsers do
        return data!.ToArray();
    }

    private static SKColor[] Pixels(byte[] png)
    {
        using var bitmap = SKBitmap.Decode(png);
        return bitmap.Pixels;
    }
}
