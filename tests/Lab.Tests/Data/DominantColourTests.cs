using Lab.Data;

namespace Lab.Tests.Data;

public sealed class DominantColourTests
{
    [Fact]
    public void The_class_is_the_colour_that_covers_most_by_a_quarter()
    {
        using var data = DominantColour.Draw(60, 3);
        var pixels = data.Images.data<byte>().ToArray();
        var labels = data.Labels.data<long>().ToArray();
        for (var i = 0; i < data.Count; i++)
        {
            var areas = new int[6];
            for (var at = 0; at < 1024; at++)
                if (Colour(i * 3072 + at) is { } colour) areas[colour]++;
            Assert.Equal(labels[i], Array.IndexOf(areas, areas.Max()));
            Assert.True(areas.Max() >= 1.1 * areas.Order().ElementAt(4), $"{string.Join(", ", areas)}"); // noise hides some pixels
        }

        // Pure colours have channels that are all near 0 or 1; stripes are grey.
        int? Colour(int at)
        {
            var (r, g, b) = (pixels[at] > 127, pixels[at + 1024] > 127, pixels[at + 2048] > 127);
            var grey = Math.Abs(pixels[at] - pixels[at + 1024]) < 60 && Math.Abs(pixels[at] - pixels[at + 2048]) < 60;
            return grey ? null : (r, g, b) switch
            {
                (true, false, false) => 0,
                (false, true, false) => 1,
                (false, false, true) => 2,
                (true, true, false) => 3,
                (true, false, true) => 4,
                (false, true, true) => 5,
                _ => null,
            };
        }
    }

    [Fact]
    public void Samples_follow_from_seed_and_number()
    {
        using var few = DominantColour.Draw(5, 1);
        using var many = DominantColour.Draw(9, 1);
        using var other = DominantColour.Draw(5, 2);
        Assert.True(few.Images.allclose(many.Images[..5]));
        Assert.False(few.Images.allclose(other.Images));
        Assert.Equal(["red", "green", "blue", "yellow", "magenta", "cyan"], few.ClassNames);
    }
}
